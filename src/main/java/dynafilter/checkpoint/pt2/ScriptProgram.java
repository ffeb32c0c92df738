package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.ScriptTrial;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.checkpoint.translation.Arguments;
import dynafilter.checkpoint.translation.Target;
import dynafilter.checkpoint.translation.Translation;
import dynafilter.checkpoint.translation.Untranslatable;
import dynafilter.io.InputException;
import dynafilter.model.BackboneArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchScriptFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What a TorchScript backbone computes, in evaluation, as a program of PyTorch's operators. They are the same ones in both; here an
 * argument has its name in the operator's schema, and no operator works in place. What is constant is computed before, and BatchNorm
 * folded into the convolutions, as libtorch freezes a module.
 */
final class ScriptProgram implements Target<ProgramValue> {
    /**
     * An operator in a line: its overload, and the names of its arguments in their order. Those behind them have their defaults. A view
     * is a reshape, since images whose channels come last could not be viewed so.
     */
    private static final String SCHEMAS = """
            conv2d.default input weight bias stride padding dilation groups
            batch_norm.default input weight bias running_mean running_var training momentum eps cudnn_enabled
            max_pool2d.default self kernel_size stride padding dilation ceil_mode
            avg_pool2d.default self kernel_size stride padding ceil_mode count_include_pad
            adaptive_avg_pool2d.default self output_size
            linear.default input weight bias
            flatten.using_ints self start_dim end_dim
            permute.default self dims
            unsqueeze.default self dim
            bmm.default self mat2
            matmul.default self other
            cat.default tensors dim
            relu.default self
            sigmoid.default self
            tanh.default self
            hardswish.default self
            hardsigmoid.default self
            leaky_relu.default self negative_slope
            silu.default self
            relu6.default self
            hardtanh.default self min_val max_val
            clamp.default self min max
            clamp_min.default self min
            add.Tensor self other
            sub.Tensor self other
            mul.Tensor self other
            div.Tensor self other
            norm.ScalarOpt_dim self p dim keepdim
            mean.dim self dim keepdim
            softmax.int self dim
            """;

    private static final Map<String, List<String>> BY_NAME = SCHEMAS.lines()
            .map(line -> List.of(line.split(" ", -1)))
            .collect(Collectors.toUnmodifiableMap(
                    schema ->
                            "aten::" + schema.get(0).substring(0, schema.get(0).indexOf('.')),
                    Function.identity()));

    private static final int TRACED_GROUPS = 8; // which argument of _convolution the number of groups is

    /** The tolerance of the folded backbone's features, relative to the largest. */
    private static final double TOLERANCE = 1e-4;

    private final ProgramGraph graph;

    /**
     * The program's tensors by the names that libtorch gave to them, of which one may be another's beginning, as no buffer's may; so
     * they are numbered.
     */
    private final Map<String, ProgramValue> constants = new HashMap<>();

    /** @param graph that the operators are added to */
    ScriptProgram(ProgramGraph graph) {
        this.graph = graph;
    }

    /**
     * Adds the backbone of a network, whose weights are the caller's scope's.
     *
     * @return the feature map: [N, C, H, W]
     * @throws InputException where it has an operator that has no translation
     */
    ProgramValue features(TrainedNetwork trained, ProgramValue images) {
        BackboneArchitecture backbone = trained.network().shape().backbone();
        try (ScriptModule module = backbone.toTorchScript(trained.state());
                ScriptModule frozen = TorchScriptFile.frozen(module, List.of())) {
            requireFeatures(module, frozen, trained.imageSize());
            return translated(frozen, images);
        } catch (Untranslatable missing) {
            throw missing.refusal("pt2", backbone.description());
        }
    }

    /** Adds the method {@code forward} of a frozen module of one result. */
    ProgramValue translated(ScriptModule frozen, ProgramValue images) {
        return new Translation<>(this, frozen.tensors())
                .run(frozen.parsed("forward"), images)
                .get(0);
    }

    /** Requires that the folded backbone gives the backbone's features. */
    private static void requireFeatures(ScriptModule module, ScriptModule frozen, int imageSize) {
        Tensor images = ScriptTrial.pixels(imageSize, ComputeDevice.CPU)
                .to(ScalarType.Float)
                .div(new Scalar(255.0));
        Tensor expected = module.call("forward", images).toTensor();
        Deviation deviation =
                Deviation.of(expected, frozen.call("forward", images).toTensor());
        if (!deviation.isWithin(TOLERANCE)) {
            throw new IllegalStateException("the folded backbone's features differ from the checkpoint's by "
                    + deviation.difference() + "; nothing was written");
        }
    }

    @Override
    public Class<ProgramValue> type() {
        return ProgramValue.class;
    }

    @Override
    public ProgramValue constant(String value, Tensor tensor) {
        return constants.computeIfAbsent(
                value,
                added -> graph.weight(
                        BackboneArchitecture.PREFIX + "constant_" + constants.size(),
                        false,
                        tensor.to(ScalarType.Float).contiguous()));
    }

    @Override
    public ProgramValue result(ProgramValue value) {
        return value;
    }

    @Override
    public ProgramValue apply(String operator, Arguments<ProgramValue> arguments, long[] shape) {
        return switch (operator) {
            case "aten::dropout", "aten::feature_dropout", "aten::contiguous", "aten::detach", "aten::alias" ->
                arguments.tensor(0);
            case "aten::reshape", "aten::view" ->
                graph.node(
                        "reshape.default",
                        shape,
                        Argument.of("self", arguments.tensor(0)),
                        Argument.ofInts("shape", shape));
            case "aten::_convolution" -> {
                List<@Nullable Object> plain =
                        new ArrayList<>(arguments.values().subList(0, 6));
                plain.add(arguments.integer(TRACED_GROUPS));
                yield named("aten::conv2d", new Arguments<>(operator, type(), plain), shape);
            }
            default -> named(operator, arguments, shape);
        };
    }

    private ProgramValue named(String operator, Arguments<ProgramValue> arguments, long[] shape) {
        List<String> schema = Objects.requireNonNull(BY_NAME.get(operator), operator);
        int count = Math.min(schema.size() - 1, arguments.values().size());
        Argument[] named = new Argument[count];
        Arrays.setAll(named, i -> argument(schema.get(i + 1), arguments, i));
        return graph.node(schema.get(0), shape, named);
    }

    private static Argument argument(String name, Arguments<ProgramValue> arguments, int i) {
        @Nullable Object value = arguments.values().get(i);
        if (value == null) {
            return Argument.none(name);
        }
        if (value instanceof Boolean flag) {
            return Argument.of(name, flag);
        }
        if (value instanceof Long) {
            return Argument.of(name, arguments.integer(i));
        }
        if (value instanceof Double number) {
            return Argument.of(name, number);
        }
        if (value instanceof List<?> list && list.stream().anyMatch(ProgramValue.class::isInstance)) {
            return Argument.ofTensors(name, arguments.tensors(i));
        }
        return value instanceof List<?>
                ? Argument.ofInts(name, arguments.integers(i))
                : Argument.of(name, arguments.tensor(i));
    }
}
