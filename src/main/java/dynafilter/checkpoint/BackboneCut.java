package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.runtime.ScriptModule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cut of a TorchScript network after a named layer. The layers and their order are read from the graph of {@code forward}:
 * each has to take the output of the layer before it and nothing else, so that the cut network computes what the whole one
 * computes there.
 */
final class BackboneCut {
    /** {@code %x.5 : Tensor = prim::CallMethod[name="forward"](%features, %x.1)}, as libtorch prints a node. */
    private static final Pattern NODE = Pattern.compile(
            "^\\s+(%\\S+) : .*? = (\\w+::\\w+)(?:\\[(?:name=\"([^\"]*)\")?.*?\\])?\\((.*?)\\)(?: #.*)?$");

    private static final Pattern INPUTS = Pattern.compile("^graph\\((.*?)\\):$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern INPUT = Pattern.compile("(%\\S+) :");

    private final Path file;
    private final String cut;
    private final List<String> layers = new ArrayList<>(); // dotted paths, in the order they run

    private BackboneCut(Path file, String cut) {
        this.file = file;
        this.cut = cut;
    }

    /**
     * The layers up to {@code cut} as a module of their own, under their names; it shares the network's tensors.
     *
     * @param cut the last layer's dotted path, such as {@code layer1} or {@code features.6}. A network whose layers all have
     *     numbers for names, and none this name, was cut before: it is taken whole, as is a network without layers
     * @return the module, which the caller closes
     * @throws InputException where there is no such layer, or the graph up to it is not a chain of layers
     */
    static ScriptModule of(ScriptModule network, Path file, String cut) {
        List<String> children = network.children();
        if (!children.contains(cut.split("\\.", 2)[0])) {
            if (children.stream().allMatch(name -> name.matches("\\d+"))) {
                return network.copy();
            }
            throw new InputException("--cut " + cut + ": " + file + " has no such layer; it has "
                    + String.join(", ", children) + "; layers inside these are named like " + children.get(0) + ".0");
        }
        BackboneCut made = new BackboneCut(file, cut);
        if (!made.follow(network, "", "forward")) {
            throw made.refused("forward never runs it");
        }
        return made.assemble(network);
    }

    /**
     * Follows a method of the module at {@code prefix} from layer to layer.
     *
     * @return true: the cut was reached; false: the method ended before it
     */
    private boolean follow(ScriptModule module, String prefix, String method) {
        String graph = module.graph(method);
        Matcher inputs = INPUTS.matcher(graph);
        List<String> names = inputs.find()
                ? INPUT.matcher(inputs.group(1))
                        .results()
                        .map(found -> found.group(1))
                        .toList()
                : List.of();
        if (names.size() != 2) {
            throw refused((prefix.isEmpty() ? "forward" : prefix) + " takes other inputs than one tensor");
        }
        Map<String, String> modules = new HashMap<>(Map.of(names.get(0), prefix)); // the path of what a value holds
        String features = names.get(1);
        for (String line : graph.lines().toList()) {
            Matcher node = NODE.matcher(line);
            if (!node.matches()) {
                continue;
            }
            List<String> arguments = List.of(node.group(4).split(", "));
            switch (node.group(2)) {
                case "prim::GetAttr" -> {
                    String owner = held(modules, arguments.get(0));
                    modules.put(node.group(1), owner + (owner.isEmpty() ? "" : ".") + node.group(3));
                }
                case "prim::Constant" -> {}
                case "prim::CallMethod" -> {
                    String path = held(modules, arguments.get(0));
                    if (arguments.size() != 2 || !arguments.get(1).equals(features)) {
                        throw refused(path + " takes something else than the output of the layer before it");
                    }
                    if (call(module, prefix, path, node.group(3))) {
                        return true;
                    }
                    features = node.group(1);
                }
                default -> throw refused("it runs " + node.group(2) + " outside of any layer before that");
            }
        }
        return false;
    }

    /** The path of the module that a value of the graph holds; the graph takes each from {@code self} before it uses it. */
    private static String held(Map<String, String> modules, String value) {
        return Objects.requireNonNull(modules.get(value), value);
    }

    /**
     * Follows one call: of the cut, of a module that contains it, of another method of the same module, or of a layer before
     * it.
     *
     * @return true: the cut was reached; false: it comes later
     */
    private boolean call(ScriptModule module, String prefix, String path, String method) {
        if (path.equals(prefix)) {
            return follow(module, prefix, method);
        }
        if (cut.startsWith(path + ".")) {
            try (ScriptModule inner = module.child(path.substring(prefix.isEmpty() ? 0 : prefix.length() + 1))) {
                if (!follow(inner, path, method)) {
                    throw refused(path + " never runs it");
                }
                return true;
            }
        }
        layers.add(path);
        return path.equals(cut);
    }

    /** Builds a module that has the layers under their paths, and a method that runs them in order. */
    private ScriptModule assemble(ScriptModule network) {
        StringBuilder forward = new StringBuilder("def forward(self, v: Tensor) -> Tensor:\n");
        Map<String, List<String>> tree = new LinkedHashMap<>();
        for (String layer : layers) {
            StringBuilder path = new StringBuilder("self");
            String parent = "";
            for (String name : layer.split("\\.", -1)) {
                String here = parent.isEmpty() ? name : parent + "." + name;
                List<String> siblings = tree.computeIfAbsent(parent, key -> new ArrayList<>());
                if (!siblings.contains(here)) {
                    siblings.add(here);
                }
                path.insert(0, "getattr(").append(", \"").append(name).append("\")");
                parent = here;
            }
            forward.append("    v = ").append(path).append(".forward(v)\n");
        }
        return assemble(network, tree, "")
                .define(forward.append("    return v\n").toString());
    }

    private ScriptModule assemble(ScriptModule network, Map<String, List<String>> tree, String path) {
        ScriptModule made = ScriptModule.create(path.isEmpty() ? "Backbone" : "Layers");
        for (String child : tree.getOrDefault(path, List.of())) {
            String name = child.substring(child.lastIndexOf('.') + 1);
            made.module(name, tree.containsKey(child) ? assemble(network, tree, child) : network.child(child));
        }
        return made;
    }

    private InputException refused(String why) {
        return new InputException("--cut " + cut + ": " + file + " cannot be cut there, since " + why
                + "; cut at another layer, or export it up to there from Python");
    }
}
