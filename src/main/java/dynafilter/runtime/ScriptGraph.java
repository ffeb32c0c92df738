package dynafilter.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.BlockArrayRef;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueOptional;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.ValueArrayRef;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.graph_node_list;
import org.bytedeco.pytorch.graph_node_list_iterator;
import org.jspecify.annotations.Nullable;

/**
 * The graph of a TorchScript method, or one block of such a graph, in the words of Java.
 *
 * @param inputs the names of the values that it takes; a method's first is the module itself
 * @param nodes in the order in which they run
 * @param outputs the values that it returns
 */
public record ScriptGraph(List<String> inputs, List<Node> nodes, List<Operand> outputs) {
    private static final Pattern ATTRIBUTE =
            Pattern.compile("%(\\S+) : [^=]* = prim::GetAttr\\[name=\"([^\"]*)\"\\]", Pattern.MULTILINE);

    /**
     * A value that a node takes.
     *
     * @param name the value's name, which no other value of the graph has
     * @param isConstant true: {@code constant} is the value; false: a node, or the graph's caller, makes it
     * @param constant a tensor in the scope of whoever read the graph, a Long, Double, Boolean or String, a list of one of
     *     these, or null for None
     */
    public record Operand(
            String name, boolean isConstant, @Nullable Object constant) {}

    /**
     * One operator of a graph.
     *
     * @param operator such as {@code aten::conv2d}
     * @param attribute the name of the attribute that {@code prim::GetAttr} reads; empty for other operators
     * @param outputs the names of the values that it makes
     * @param blocks the branches of {@code prim::If}, or the body of {@code prim::Loop}
     */
    public record Node(
            String operator, String attribute, List<Operand> inputs, List<String> outputs, List<ScriptGraph> blocks) {}

    /** Reads a graph; constant tensors are in the caller's scope. */
    static ScriptGraph of(Graph graph) {
        Map<String, String> attributes = new HashMap<>(); // JitNode.s, which should tell, returns other bytes
        Matcher found = ATTRIBUTE.matcher(graph.toString());
        while (found.find()) {
            attributes.put(found.group(1), found.group(2));
        }
        return of(graph.inputs(), graph.nodes(), graph.outputs(), attributes);
    }

    private static ScriptGraph of(
            ValueArrayRef inputs, graph_node_list list, ValueArrayRef outputs, Map<String, String> attributes) {
        List<Node> nodes = new ArrayList<>();
        graph_node_list_iterator at = list.begin();
        JitNode node = at.access();
        while (!operator(node).equals("prim::Return")) { // the list ends there, and its iterators cannot be compared
            nodes.add(of(node, attributes));
            at.increment();
            node = at.access();
        }
        return new ScriptGraph(names(inputs), nodes, operands(outputs));
    }

    private static Node of(JitNode node, Map<String, String> attributes) {
        List<String> outputs = names(node.outputs());
        List<ScriptGraph> blocks = new ArrayList<>();
        BlockArrayRef inside = node.blocks();
        for (long i = 0; i < inside.size(); i++) {
            blocks.add(of(
                    inside.get(i).inputs(), inside.get(i).nodes(), inside.get(i).outputs(), attributes));
        }
        String attribute = outputs.isEmpty() ? "" : attributes.getOrDefault(outputs.get(0), "");
        return new Node(operator(node), attribute, operands(node.inputs()), outputs, blocks);
    }

    private static String operator(JitNode node) {
        return node.kind().toQualString().getString();
    }

    private static List<String> names(ValueArrayRef values) {
        List<String> names = new ArrayList<>();
        for (long i = 0; i < values.size(); i++) {
            names.add(values.get(i).debugName().getString());
        }
        return names;
    }

    private static List<Operand> operands(ValueArrayRef values) {
        List<Operand> operands = new ArrayList<>();
        for (long i = 0; i < values.size(); i++) {
            Value value = values.get(i);
            IValueOptional constant = torch.toIValue(value);
            String name = value.debugName().getString();
            operands.add(
                    constant.has_value()
                            ? new Operand(name, true, plain(constant.get()))
                            : new Operand(name, false, null));
        }
        return operands;
    }

    private static @Nullable Object plain(IValue value) {
        if (value.isNone()) {
            return null;
        }
        if (value.isTensor()) {
            return value.toTensor();
        }
        if (value.isBool()) {
            return value.toBool();
        }
        if (value.isInt()) {
            return value.toInt();
        }
        if (value.isDouble()) {
            return value.toDouble();
        }
        if (value.isString()) {
            return value.toConstantString().string().getString();
        }
        if (value.isIntList()) {
            return Arrays.stream(value.toIntVector().get()).boxed().toList();
        }
        if (value.isDoubleList()) {
            return Arrays.stream(value.toDoubleVector().get()).boxed().toList();
        }
        return value.tagKind().getString(); // a kind that none of the operators here takes
    }
}
