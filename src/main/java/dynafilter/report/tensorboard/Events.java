package dynafilter.report.tensorboard;

import dynafilter.io.ProtoMessage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * The messages that TensorBoard reads, as its {@code event.proto}, {@code summary.proto}, {@code tensor.proto} and
 * {@code plugins/hparams/plugin_data.proto} define them, written as torch.utils.tensorboard writes them.
 */
final class Events {
    /** The version in the first event of a file: from this one on, {@link #restart} tells of a restart, which is not guessed from steps. */
    private static final String FILE_VERSION = "brain.Event:2";

    /** The tag of {@link #success}. */
    static final String END = "_hparams_/session_end_info";

    private static final int SESSION_START = 1; // SessionLog.SessionStatus
    private static final int SUCCESS = 1; // of hparams' Status
    private static final int RGB = 3; // channels
    private static final int STRINGS = 7; // DataType.DT_STRING

    private Events() {}

    /** @param wallTime seconds since 1970 */
    private static ProtoMessage event(double wallTime, long step) {
        return new ProtoMessage().real64(1, wallTime).integer(2, step);
    }

    static ProtoMessage fileVersion(double wallTime) {
        return event(wallTime, 0).text(3, FILE_VERSION);
    }

    /** An event that voids this step and later ones in earlier files of the folder. */
    static ProtoMessage restart(double wallTime, long step) {
        return event(wallTime, step).message(7, new ProtoMessage().integer(1, SESSION_START));
    }

    /** An event with the values of one step, each with a tag of its own. */
    static ProtoMessage summary(double wallTime, long step, List<ProtoMessage> values) {
        ProtoMessage summary = new ProtoMessage();
        values.forEach(value -> summary.message(1, value));
        return event(wallTime, step).message(5, summary);
    }

    private static ProtoMessage value(String tag) {
        return new ProtoMessage().text(1, tag);
    }

    static ProtoMessage scalar(String tag, double number) {
        return value(tag).real32(2, (float) number);
    }

    static ProtoMessage image(String tag, byte[] png) {
        ByteBuffer header = ByteBuffer.wrap(png); // width and height follow the signature, a length and "IHDR"
        return value(tag)
                .message(
                        4,
                        new ProtoMessage()
                                .integer(1, header.getInt(20))
                                .integer(2, header.getInt(16))
                                .integer(3, RGB)
                                .bytes(4, png));
    }

    static ProtoMessage markdown(String tag, String text) {
        ProtoMessage tensor = new ProtoMessage().integer(1, STRINGS).text(8, text); // without dimensions
        return value(tag + "/text_summary")
                .message(9, metadata("text", new ProtoMessage()))
                .message(8, tensor);
    }

    /**
     * The hyperparameters that runs are compared by in the HPARAMS tab.
     *
     * @param values numbers, booleans and texts by name
     */
    static ProtoMessage hyperparameters(Map<String, ?> values, double startTime) {
        ProtoMessage session = new ProtoMessage().real64(5, startTime);
        values.forEach((name, value) ->
                session.message(1, new ProtoMessage().text(1, name).message(2, variant(value))));
        return hparams("_hparams_/session_start_info", 3, session);
    }

    /** The message that the run of the {@link #hyperparameters} is done. */
    static ProtoMessage success(double endTime) {
        return hparams(END, 4, new ProtoMessage().integer(1, SUCCESS).real64(2, endTime));
    }

    /** @param field of HParamsPluginData that holds the message */
    private static ProtoMessage hparams(String tag, int field, ProtoMessage message) {
        ProtoMessage content = new ProtoMessage().message(field, message);
        return value(tag).message(9, metadata("hparams", content));
    }

    private static ProtoMessage metadata(String plugin, ProtoMessage content) {
        return new ProtoMessage().message(1, new ProtoMessage().text(1, plugin).message(2, content));
    }

    /** A google.protobuf.Value. */
    private static ProtoMessage variant(Object value) {
        if (value instanceof Number number) {
            return new ProtoMessage().real64(2, number.doubleValue());
        }
        if (value instanceof Boolean flag) {
            return new ProtoMessage().integer(4, flag ? 1 : 0);
        }
        return new ProtoMessage().text(3, value.toString());
    }
}
