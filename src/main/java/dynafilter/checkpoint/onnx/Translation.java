package dynafilter.checkpoint.onnx;

import dynafilter.runtime.ScriptGraph;
import dynafilter.runtime.ScriptGraph.Node;
import dynafilter.runtime.ScriptGraph.Operand;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The translation of a TorchScript graph into ONNX: it is run with tensors of which only shape and name are known, and what
 * depends on the shape alone, as the branches of a check do, is decided here.
 */
final class Translation {
    /** The tensor of a value, which an operator that works in place replaces for every name it has. */
    private static final class Cell {
        private Activation tensor;

        Cell(Activation tensor) {
            this.tensor = tensor;
        }
    }

    /** A module inside the network, by its dotted path. */
    private record Module(String path) {}

    private final OnnxGraph graph;
    private final Operators operators;
    private final Map<String, Tensor> kept;
    private final Map<String, @Nullable Object> values = new HashMap<>();

    /** @param kept the tensors that the module kept when it was frozen, by dotted name */
    Translation(OnnxGraph graph, Operators operators, Map<String, Tensor> kept) {
        this.graph = graph;
        this.operators = operators;
        this.kept = kept;
    }

    /**
     * Adds the operators of a method to the graph.
     *
     * @param script the method of a frozen module
     * @param images the argument of the method
     * @return what the method returns: a tensor, or those of a tuple
     * @throws Untranslatable where an operator has no translation
     */
    List<Activation> run(ScriptGraph script, Activation images) {
        values.put(script.inputs().get(0), new Module(""));
        values.put(script.inputs().get(1), new Cell(images));
        run(script);
        List<Activation> results = new ArrayList<>();
        for (Operand output : script.outputs()) {
            @Nullable Object value = argument(output);
            for (Object one : value instanceof List<?> tuple ? tuple : List.of(Objects.requireNonNull(value))) {
                results.add(operators.shapes().plain((Activation) one));
            }
        }
        return results;
    }

    private void run(ScriptGraph block) {
        block.nodes().forEach(this::run);
    }

    private void run(Node node) {
        switch (node.operator()) {
            case "prim::Constant" -> {} // its value is with those who take it
            case "prim::GetAttr" -> values.put(node.outputs().get(0), attribute(node));
            case "prim::ListConstruct", "prim::TupleConstruct" ->
                values.put(node.outputs().get(0), arguments(node));
            case "prim::If" -> branch(node);
            case "prim::RaiseException" -> throw new Untranslatable("a shape that the network refuses");
            default -> {
                @Nullable Object known = ShapeArithmetic.result(node.operator(), arguments(node));
                if (known != null) {
                    values.put(node.outputs().get(0), known);
                } else {
                    operator(node);
                }
            }
        }
    }

    private void operator(Node node) {
        Activation result = operators.apply(new Arguments(node.operator(), arguments(node)));
        boolean inPlace = node.operator().endsWith("_");
        @Nullable Object first = inPlace ? values.get(node.inputs().get(0).name()) : null;
        if (first instanceof Cell changed) {
            changed.tensor = result;
            values.put(node.outputs().get(0), changed);
        } else {
            values.put(node.outputs().get(0), new Cell(result));
        }
    }

    private Object attribute(Node node) {
        Module owner =
                (Module) Objects.requireNonNull(values.get(node.inputs().get(0).name()));
        String path = owner.path.isEmpty() ? node.attribute() : owner.path + "." + node.attribute();
        Tensor tensor = kept.get(path);
        return tensor == null ? new Module(path) : new Cell(constant(path, tensor));
    }

    private void branch(Node node) {
        if (!(argument(node.inputs().get(0)) instanceof Boolean condition)) {
            throw new Untranslatable("prim::If on what is known only when it runs");
        }
        ScriptGraph taken = node.blocks().get(condition ? 0 : 1);
        run(taken);
        for (int i = 0; i < node.outputs().size(); i++) {
            Operand output = taken.outputs().get(i);
            values.put(node.outputs().get(i), output.isConstant() ? argument(output) : values.get(output.name()));
        }
    }

    private List<@Nullable Object> arguments(Node node) {
        List<@Nullable Object> arguments = new ArrayList<>();
        node.inputs().forEach(input -> arguments.add(argument(input)));
        return arguments;
    }

    private @Nullable Object argument(Operand operand) {
        if (operand.isConstant()) {
            return operand.constant() instanceof Tensor tensor ? constant(operand.name(), tensor) : operand.constant();
        }
        @Nullable Object value = values.get(operand.name());
        return value instanceof Cell cell ? cell.tensor : value;
    }

    private Activation constant(String value, Tensor tensor) {
        String plain = value.replaceFirst("^(self\\.)?network\\.", "");
        String name = plain.matches("\\d+") ? "constant_" + plain : plain;
        Tensor contiguous = tensor.to(ScalarType.Float).contiguous();
        return Activation.of(
                graph.initializer(name, OnnxGraph.Type.FLOAT, TensorBytes.bytes(contiguous), tensor.shape()),
                tensor.shape());
    }
}
