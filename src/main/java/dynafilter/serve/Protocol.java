package dynafilter.serve;

import java.util.List;
import java.util.Map;

/**
 * The documents of the Open Inference Protocol, version 2, over REST: kserve/open-inference-protocol,
 * specification/protocol/inference_rest.md.
 */
final class Protocol {
    static final String INPUT = "image";
    static final String PIXELS = "UINT8"; // [N, S, S, 3]
    static final String NORMALISED = "FP32"; // [N, 3, S, S]
    static final String SCORES = "scores";
    static final String PROBABILITIES = "probabilities";
    static final String REJECTED = "rejected";
    static final String BOOLEAN = "BOOL"; // [N]

    /** The header with the bytes of a body's JSON, where a tensor's bytes follow it. */
    static final String JSON_LENGTH = "Inference-Header-Content-Length";

    /** The parameter with the bytes of such a tensor. */
    static final String BINARY_SIZE = "binary_data_size";

    private static final String BINARY = "binary_tensor_data"; // the extension's name

    private static final List<String> OUTPUTS = List.of(SCORES, PROBABILITIES);
    private static final List<String> OUTPUTS_OF_REJECTING = List.of(SCORES, PROBABILITIES, REJECTED);

    /** The one version of the network, in paths. */
    static final String VERSION = "1";

    private static final String PLATFORM = "dynafilter_libtorch";
    private static final int ANY = -1;

    /** $metadata_server_response. */
    record Server(String name, String version, List<String> extensions) {}

    /** $metadata_model_response. */
    record Model(String name, List<String> versions, String platform, List<Tensor> inputs, List<Tensor> outputs) {}

    /** $metadata_tensor. */
    record Tensor(String name, String datatype, List<Integer> shape) {}

    /** $ready_model_response. */
    record ModelReady(String name, boolean ready) {}

    private Protocol() {}

    /** The names of the output tensors, in the order of an answer that asks for none by name. */
    static List<String> outputs(ModelFacts facts) {
        return facts.calibration().canReject() ? OUTPUTS_OF_REJECTING : OUTPUTS;
    }

    static Server server(String version) {
        return new Server("dynafilter", version, List.of(BINARY));
    }

    /** The network's tensors; of the two forms of its input the one that needs no normalisation. */
    static Model model(String name, ModelFacts facts) {
        int size = facts.imageSize();
        int labels = facts.labels().size();
        return new Model(
                name,
                List.of(VERSION),
                PLATFORM,
                List.of(new Tensor(INPUT, PIXELS, List.of(ANY, size, size, 3))),
                outputs(facts).stream()
                        .map(output -> output.equals(REJECTED)
                                ? new Tensor(output, BOOLEAN, List.of(ANY))
                                : new Tensor(output, NORMALISED, List.of(ANY, labels)))
                        .toList());
    }

    /** $live_server_response. */
    static Map<String, Boolean> live() {
        return Map.of("live", true);
    }

    /** $ready_server_response: the protocol's text calls the field "live", its clients and servers "ready". */
    static Map<String, Boolean> ready(boolean ready) {
        return Map.of("live", true, "ready", ready);
    }
}
