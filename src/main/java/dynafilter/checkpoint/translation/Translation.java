package dynafilter.checkpoint.translation;

import dynafilter.runtime.ScriptGraph;
import dynafilter.runtime.ScriptGraph.Node;
import dynafilter.runtime.ScriptGraph.Operand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The translation of a TorchScript graph: it is run with tensors of which only shape and name are known, and what
 * depends on the shape alone, as the branches of a check do, is decided here.
 *
 * @param <V> a tensor of the target
 */
public final class Translation<V extends Shaped> {
    /** The tensor of a value, which an operator that works in place replaces for every name it has. */
    private static final class Cell {
        private Shaped tensor;

        Cell(Shaped tensor) {
            this.tensor = tensor;
        }
    }

    /** A module inside the network, by its dotted path. */
    private record Module(String path) {}

    private final Target<V> target;
    private final Map<String, Tensor> kept;
    private final Map<String, @Nullable Object> values = new HashMap<>();

    /**
     * A translation of one program.
     *
     * @param kept the tensors that the module kept when it was frozen, by dotted name
     */
    public Translation(Target<V> target, Map<String, Tensor> kept) {
        this.target = target;
        this.kept = kept;
    }

    /**
     * Adds the operators of a method to the target.
     *
     * @param script the method of a frozen module
     * @param images the argument of the method
     * @return what the method returns: a tensor, or those of a tuple
     * @throws Untranslatable where an operator has no translation
     */
    public List<V> run(ScriptGraph script, V images) {
        values.put(script.inputs().get(0), new Module(""));
        values.put(script.inputs().get(1), new Cell(images));
        run(script);
        List<V> results = new ArrayList<>();
        for (Operand output : script.outputs()) {
            @Nullable Object value = argument(output);
            for (Object one : value instanceof List<?> tuple ? tuple : List.of(Objects.requireNonNull(value))) {
                results.add(target.result(target.type().cast(one)));
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
        String name = node.operator();
        boolean inPlace = name.endsWith("_");
        String operator = inPlace ? name.substring(0, name.length() - 1) : name;
        Arguments<V> arguments = new Arguments<>(name, target.type(), arguments(node));
        V result = target.apply(operator, arguments, OperatorShapes.of(operator, arguments));
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
        return tensor == null ? new Module(path) : new Cell(target.constant(path, tensor));
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
            return operand.constant() instanceof Tensor tensor
                    ? target.constant(operand.name(), tensor)
                    : operand.constant();
        }
        @Nullable Object value = values.get(operand.name());
        return value instanceof Cell cell ? cell.tensor : value;
    }
}
