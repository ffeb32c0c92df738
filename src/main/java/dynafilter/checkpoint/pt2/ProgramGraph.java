package dynafilter.checkpoint.pt2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A program of one input and one result in the schema of {@code torch.export}, version 8.20, which PyTorch 2.13 writes and reads
 * ({@code torch/_export/serde/schema.py}). It is built in the order in which it runs.
 */
final class ProgramGraph {
    private static final int SCHEMA_MAJOR = 8;
    private static final int SCHEMA_MINOR = 20;
    private static final int POSITIONAL = 1;

    /** A tensor as a pytree, the form of arguments and results. */
    private static final String LEAF = "{\"type\": null, \"context\": null, \"children_spec\": []}";

    private static final String ARGUMENTS =
            "[1, {\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": ["
                    + "{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [" + LEAF + "]}, "
                    + "{\"type\": \"builtins.dict\", \"context\": \"[]\", \"children_spec\": []}]}]";

    /** All operators belong to the network itself: torch.export.unflatten asks whose they are. */
    private static final Map<String, String> OF_THE_NETWORK =
            Map.of("nn_module_stack", "L__self__,,torch.nn.modules.module.Module");

    /**
     * A weight of the program.
     *
     * @param name its name in the state dict
     * @param parameter true: a parameter; false: a buffer
     */
    record Weight(String name, boolean parameter, ProgramValue value, Tensor tensor) {}

    /** A named argument of an operator, as the schema writes it. */
    record Argument(String name, Map<String, Object> value) {
        static Argument of(String name, ProgramValue value) {
            return new Argument(name, value.reference());
        }

        static Argument of(String name, double value) {
            return new Argument(name, Map.of("as_float", value));
        }

        static Argument of(String name, long value) {
            return new Argument(name, Map.of("as_int", value));
        }

        static Argument of(String name, boolean value) {
            return new Argument(name, Map.of("as_bool", value));
        }

        static Argument ofInts(String name, long... values) {
            return new Argument(
                    name, Map.of("as_ints", Arrays.stream(values).boxed().toList()));
        }

        static Argument ofType(String name, int dtype) {
            return new Argument(name, Map.of("as_scalar_type", dtype));
        }

        static Argument ofTensors(String name, List<ProgramValue> values) {
            return new Argument(
                    name,
                    Map.of(
                            "as_tensors",
                            values.stream()
                                    .map(value -> Map.of("name", value.name()))
                                    .toList()));
        }

        static Argument none(String name) {
            return new Argument(name, Map.of("as_none", true));
        }

        private Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("name", name);
            json.put("arg", value);
            json.put("kind", POSITIONAL);
            return json;
        }
    }

    private final Map<String, Weight> weights = new LinkedHashMap<>();
    private final List<Map<String, Object>> nodes = new ArrayList<>();
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final ProgramValue input;

    /** @param input what a call takes */
    ProgramGraph(ProgramValue input) {
        this.input = input;
        values.put(input.name(), input.meta(false));
    }

    /** The program's input. */
    ProgramValue input() {
        return input;
    }

    /** The program's weights, in the order in which they came. */
    List<Weight> weights() {
        return List.copyOf(weights.values());
    }

    /** Adds a weight of 32-bit floating-point numbers under its name in the state dict, or gives the one that was added before. */
    ProgramValue weight(String name, boolean parameter, Tensor tensor) {
        Weight known = weights.get(name);
        if (known != null) {
            return known.value;
        }
        String plain = (parameter ? "p_" : "b_") + name.replaceAll("\\W", "_");
        String free = values.containsKey(plain) ? plain + "_" + weights.size() : plain;
        ProgramValue value = new ProgramValue(free, ProgramValue.FLOAT32, tensor.shape());
        weights.put(name, new Weight(name, parameter, value, tensor));
        values.put(free, value.meta(parameter));
        return value;
    }

    /**
     * Adds an operator.
     *
     * @param operator its name and overload, such as {@code relu.default}
     * @param shape of its result
     * @param arguments by the names in the operator's schema, of which PyTorch would pass over a wrong one in silence
     * @return its result, of 32-bit floating-point numbers
     */
    ProgramValue node(String operator, long[] shape, Argument... arguments) {
        String name = operator.substring(0, operator.indexOf('.')) + "_" + nodes.size();
        ProgramValue result = new ProgramValue(name, ProgramValue.FLOAT32, shape);
        Map<String, Object> node = new LinkedHashMap<>();
        node.put("target", "torch.ops.aten." + operator);
        node.put("inputs", Arrays.stream(arguments).map(Argument::toJson).toList());
        node.put("outputs", List.of(result.reference()));
        node.put("metadata", OF_THE_NETWORK);
        nodes.add(node);
        values.put(name, result.meta(true));
        return result;
    }

    /** The program as JSON: a map whose order is the file's. */
    Map<String, Object> toJson(ProgramValue result) {
        Map<String, Object> range = new LinkedHashMap<>();
        range.put("min_val", 0);
        range.put("max_val", null);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("graph_module", graphModule(result));
        json.put("opset_version", Map.of("aten", 10));
        json.put("range_constraints", Map.of(ProgramValue.SYMBOL, range));
        json.put("schema_version", ordered("major", SCHEMA_MAJOR, "minor", SCHEMA_MINOR));
        json.put("verifiers", List.of("TRAINING"));
        return json;
    }

    private Map<String, Object> graphModule(ProgramValue result) {
        List<Object> inputs = new ArrayList<>();
        List<Object> specifications = new ArrayList<>();
        for (Weight weight : weights.values()) {
            inputs.add(weight.value.reference());
            specifications.add(specification(weight));
        }
        inputs.add(input.reference());
        specifications.add(Map.of("user_input", Map.of("arg", input.reference())));
        Map<String, Object> graph = new LinkedHashMap<>();
        graph.put("inputs", inputs);
        graph.put("outputs", List.of(result.reference()));
        graph.put("nodes", nodes);
        graph.put("tensor_values", values);
        graph.put("sym_int_values", Map.of());
        graph.put("sym_bool_values", Map.of());
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("inputs", List.of());
        call.put("outputs", List.of());
        call.put("in_spec", ARGUMENTS);
        call.put("out_spec", "[1, " + LEAF + "]");
        call.put("forward_arg_names", List.of(input.name()));
        Map<String, Object> module = new LinkedHashMap<>();
        module.put("graph", graph);
        module.put(
                "signature",
                ordered(
                        "input_specs",
                        specifications,
                        "output_specs",
                        List.of(Map.of("user_output", Map.of("arg", result.reference())))));
        module.put("module_call_graph", List.of(ordered("fqn", "", "signature", call)));
        return module;
    }

    private static Map<String, Object> specification(Weight weight) {
        Map<String, Object> specification = new LinkedHashMap<>();
        specification.put("arg", Map.of("name", weight.value.name()));
        if (weight.parameter) {
            specification.put("parameter_name", weight.name);
            return Map.of("parameter", specification);
        }
        specification.put("buffer_name", weight.name);
        specification.put("persistent", true);
        return Map.of("buffer", specification);
    }

    private static Map<String, Object> ordered(String first, Object one, String second, Object other) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(first, one);
        map.put(second, other);
        return map;
    }
}
