package dynafilter.api;

/** What computes the scores. */
public enum Engine {
    /** libtorch, on the CPU or on CUDA: every file that {@code predict --model} takes but ONNX. */
    LIBTORCH,
    /**
     * ONNX Runtime, on the CPU: an ONNX file of this program, or a network that is exported to one as it is loaded. The library is
     * on the class path ({@code com.microsoft.onnxruntime:onnxruntime}), or was fetched by {@code doctor --fetch onnxruntime}. Its
     * scores are within 1e-4 of the largest score of libtorch's.
     */
    ONNX_RUNTIME
}
