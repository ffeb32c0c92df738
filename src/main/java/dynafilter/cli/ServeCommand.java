package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.model.Views;
import dynafilter.run.Interruption;
import dynafilter.run.LoadedModel;
import dynafilter.run.Logging;
import dynafilter.run.Version;
import dynafilter.runtime.Precision;
import dynafilter.serve.BearerToken;
import dynafilter.serve.ModelServer;
import dynafilter.serve.ServeSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** The command {@code serve}: a trained network as a service over HTTP, until a signal stops it. */
final class ServeCommand implements Command {
    private static final String NO_REJECT = "no-reject";
    private static final String HOST = "127.0.0.1";
    private static final int PORT = 8080;
    private static final int LAST_PORT = 65535;
    private static final int BATCH = 32;
    private static final int MOST_BATCH = 4096;
    private static final int WAIT = 2;
    private static final int MOST_WAIT = 60_000;
    private static final int QUEUE = 256;
    private static final int MOST_QUEUE = 1_000_000;
    private static final int PIXELS = 50_000_000;
    private static final int MOST_PIXELS = 178_956_970; // above which no picture is decoded

    /** Files' names that tell nothing of the network: its folder's does. */
    private static final Set<String> NAMELESS = Set.of("best", "last", "model", "model.ts");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    private static final Pattern NO_NAME = Pattern.compile("[^A-Za-z0-9._-]+|^[._-]+");
    private static final long POLL_MILLIS = 50;

    @Override
    public String name() {
        return "serve";
    }

    @Override
    public String summary() {
        return "a trained network as a service: pictures by HTTP, KServe's protocol, metrics, a page";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model(ModelOption.ANY_KIND))
                .addOption(CommonOptions.valued("name", "NAME", "the network's name in paths [the file's or run's]"))
                .addOption(CommonOptions.valued(
                        "host", "H", "address to listen at; 0.0.0.0: of every network [" + HOST + "]"))
                .addOption(CommonOptions.valued("port", "P", "port; 0: any that is free [" + PORT + "]"))
                .addOption(CommonOptions.valued(
                        "max-batch", "N", "pictures scored at once, and in a request of tensors [" + BATCH + "]"))
                .addOption(CommonOptions.valued(
                        "max-wait-ms", "MS", "longest wait for a batch's further pictures [" + WAIT + "]"))
                .addOption(CommonOptions.valued(
                        "queue", "N", "waiting pictures; further ones are answered 429 [" + QUEUE + "]"))
                .addOption(CommonOptions.valued(
                        "max-pixels", "N", "pixels of a picture, by its header; else 413 [" + PIXELS + "]"))
                .addOption(CommonOptions.flag(
                        NO_REJECT, "a label for every picture, also where a calibrated network would reject it"))
                .addOption(DataOption.noExif())
                .addOption(CommonOptions.valued(
                        "token-file", "FILE", "ask for the bearer token in this file, but for health and the page"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "serve --model checkpoints/RUN/best.pt",
                "serve --model model.ts.pt --host 0.0.0.0 --port 80 --token-file token.txt",
                "serve --model best.pt &    curl --data-binary @photo.jpg http://127.0.0.1:8080/classify");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        ServeSettings settings = settings(line, model);
        LoadedModel loaded =
                LoadedModel.open(model, CommonOptions.device(line), Precision.FP32, Views.NONE, /* exact= */ false);
        Logging.log().info("model      {}: {}", model, loaded.description());
        CalibrationText.log(
                settings.rejects() ? loaded.calibration() : loaded.calibration().withThreshold(0));
        ModelServer server = new ModelServer(settings, loaded, Version.ofProgram());
        try (server) {
            server.start();
            Logging.log()
                    .info(
                            "serving    {} as {}, on {}{}",
                            server.address(),
                            settings.name(),
                            loaded.session().device(),
                            settings.token() == null ? "" : ", with a token");
            interruption.arm(": what was taken will be answered");
            while (!interruption.getAsBoolean()) {
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
        if (server.unanswered() > 0) {
            Logging.log().warn("{} requests took too long and have no answer", server.unanswered());
            return ExitCode.FAILED;
        }
        Logging.log().info("stopped    every request that was taken is answered");
        return ExitCode.DONE;
    }

    private static ServeSettings settings(CommandLine line, Path model) {
        int batch = CommonOptions.integer(line, "max-batch", 1, MOST_BATCH, BATCH);
        int queue = CommonOptions.integer(line, "queue", 1, MOST_QUEUE, Math.max(QUEUE, batch));
        if (queue < batch) {
            throw new InputException("--queue " + queue + ": must be at least --max-batch, " + batch);
        }
        Path token = CommonOptions.path(line, "token-file");
        return new ServeSettings(
                line.getOptionValue("host", HOST),
                CommonOptions.integer(line, "port", 0, LAST_PORT, PORT),
                modelName(line.getOptionValue("name"), model),
                batch,
                Duration.ofMillis(CommonOptions.integer(line, "max-wait-ms", 0, MOST_WAIT, WAIT)),
                queue,
                CommonOptions.integer(line, "max-pixels", 1, MOST_PIXELS, PIXELS),
                DataOption.reading(line, 1).exif(),
                !line.hasOption(NO_REJECT),
                token == null ? null : BearerToken.read(token));
    }

    /** The network's name in paths: as asked for, or that of its file, or of its folder where the file's tells nothing. */
    static String modelName(@Nullable String asked, Path model) {
        if (asked != null) {
            if (!NAME.matcher(asked).matches()) {
                throw new InputException(
                        "--name " + asked + ": use letters, digits, '.', '_' and '-', which need no escape in a path");
            }
            return asked;
        }
        Path file = model.toAbsolutePath().normalize();
        String name = Objects.toString(file.getFileName(), "").replaceFirst("\\.[^.]*$", "");
        Path folder = file.getParent();
        if (NAMELESS.contains(name) && folder != null && folder.getFileName() != null) {
            name = folder.getFileName().toString();
        }
        String plain = NO_NAME.matcher(name).replaceAll("");
        return plain.isEmpty() ? "model" : plain.substring(0, Math.min(100, plain.length()));
    }
}
