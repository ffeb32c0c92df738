package dynafilter.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * A session of ONNX Runtime. {@link OnnxRuntime} makes it through a class loader that has the library, which the program itself
 * does not bring; so no other class names the library's.
 */
final class OrtSession implements OnnxSession {
    private final OrtEnvironment environment;
    private final ai.onnxruntime.OrtSession session;
    private final Map<String, String> metadata;

    OrtSession(Path file, int threads) throws OrtException {
        environment =
                OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL); // what fails is thrown, too
        try (ai.onnxruntime.OrtSession.SessionOptions options = new ai.onnxruntime.OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.addConfigEntry("session.intra_op.allow_spinning", "0"); // idle threads would burn libtorch's time
            session = environment.createSession(file.toString(), options);
        }
        metadata = session.getMetadata().getCustomMetadata();
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public Output run(String input, ByteBuffer values, boolean isFloat, long[] shape, String output) {
        ByteBuffer ordered = values.order(ByteOrder.nativeOrder());
        try (OnnxTensor tensor = isFloat
                        ? OnnxTensor.createTensor(environment, ordered.asFloatBuffer(), shape)
                        : OnnxTensor.createTensor(environment, ordered, shape, OnnxJavaType.UINT8);
                ai.onnxruntime.OrtSession.Result result = session.run(Map.of(input, tensor), Set.of(output))) {
            OnnxValue made = result.get(0);
            if (!(made instanceof OnnxTensor floats) || floats.getInfo().type != OnnxJavaType.FLOAT) {
                throw new IllegalStateException(output + " is " + made.getInfo() + ", and float32 is needed");
            }
            FloatBuffer buffer = floats.getFloatBuffer();
            float[] copy = new float[buffer.remaining()];
            buffer.get(copy);
            return new Output(copy, floats.getInfo().getShape());
        } catch (OrtException failure) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException failure) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
    }
}
