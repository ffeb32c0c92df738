package dynafilter.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The layers of a ResNet (He et al. 2016, as torchvision and timm build it: the stride of a bottleneck in its 3x3 convolution)
 * up to some block. Wide ResNets (Zagoruyko and Komodakis 2016) and ResNeXts (Xie et al. 2017) are bottlenecks of another
 * width, in groups. The feature map of a stage has twice the channels and half the size of the one before.
 *
 * @param bottleneck true: blocks of 1x1, 3x3 and 1x1, which multiply the channels by 4; false: blocks of two 3x3
 * @param width the channels inside a block of the first stage; those of the others double from stage to stage
 * @param groups the groups of the 3x3 convolutions of bottlenecks
 * @param counts the number of blocks of each stage, the first one first
 */
public record ResNetLayout(boolean bottleneck, int width, int groups, List<Integer> counts) {
    /** ResNet-18 up to {@code layer1}, on which networks stand by default. */
    public static final ResNetLayout STEM = new ResNetLayout(false, 64, 1, List.of(2));

    /** The whole ResNet-18, without its classifier. */
    public static final ResNetLayout RESNET18 = new ResNetLayout(false, 64, 1, List.of(2, 2, 2, 2));

    private static final int CHANNELS = 64; // of the first convolution
    private static final int STAGES = 4;
    private static final int EXPANSION = 4; // of a bottleneck

    /** A ResNet with a name of its own. */
    private record Member(int depth, boolean bottleneck, List<Integer> counts) {
        boolean beginsWith(ResNetLayout layout) {
            int last = layout.counts.size() - 1;
            return bottleneck == layout.bottleneck
                    && counts.subList(0, last).equals(layout.counts.subList(0, last))
                    && layout.counts.get(last) <= counts.get(last);
        }
    }

    private static final List<Member> FAMILY = List.of(
            new Member(18, false, RESNET18.counts),
            new Member(34, false, List.of(3, 4, 6, 3)),
            new Member(50, true, List.of(3, 4, 6, 3)),
            new Member(101, true, List.of(3, 4, 23, 3)),
            new Member(152, true, List.of(3, 8, 36, 3)));

    public ResNetLayout {
        counts = List.copyOf(counts);
    }

    /**
     * The layout that the tensors of a ResNet tell. Nothing is checked but what it reads: where the tensors are of another
     * network, they have other names or shapes than {@link ResNetArchitecture#shapes}.
     *
     * @param shapes of a state dict's tensors, by torchvision's names
     */
    public static ResNetLayout of(Map<String, long[]> shapes) {
        List<Integer> counts = new ArrayList<>();
        for (int stage = 1; stage <= STAGES; stage++) {
            int count = count(shapes, stage);
            if (count == 0) {
                break;
            }
            counts.add(count);
        }
        if (counts.isEmpty()) {
            return STEM;
        }
        if (!shapes.containsKey("layer1.0.conv3.weight")) {
            return new ResNetLayout(false, CHANNELS, 1, counts);
        }
        long[] inner = shapes.getOrDefault("layer1.0.conv2.weight", new long[0]); // [width, width / groups, 3, 3]
        boolean usable = inner.length == 4 && inner[0] > 0 && inner[0] <= 1 << 16 && inner[1] > 0;
        int width = usable ? Math.toIntExact(inner[0]) : CHANNELS;
        int groups = usable && width % inner[1] == 0 ? Math.toIntExact(width / inner[1]) : 1;
        return new ResNetLayout(true, width, groups, counts);
    }

    /** The number of a stage's blocks. */
    private static int count(Map<String, long[]> shapes, int stage) {
        int count = 0;
        while (true) {
            String block = "layer" + stage + "." + count + ".";
            if (shapes.keySet().stream().noneMatch(name -> name.startsWith(block))) {
                return count;
            }
            count++;
        }
    }

    /** The same ResNet up to a block; empty where it does not reach so far. */
    public Optional<ResNetLayout> upTo(ResNetCut cut) {
        if (counts.size() < cut.stage()) {
            return Optional.empty();
        }
        int last = counts.get(cut.stage() - 1);
        if (cut.block() != ResNetCut.ALL && cut.block() >= last) {
            return Optional.empty();
        }
        List<Integer> taken = new ArrayList<>(counts.subList(0, cut.stage() - 1));
        taken.add(cut.block() == ResNetCut.ALL ? last : cut.block() + 1);
        return Optional.of(new ResNetLayout(bottleneck, width, groups, taken));
    }

    /** The name of the smallest ResNet that begins so, such as "ResNet-50" or "ResNeXt-50 32x4d". */
    public String family() {
        Optional<Member> member =
                FAMILY.stream().filter(one -> one.beginsWith(this)).findFirst();
        String depth = member.map(one -> "-" + one.depth)
                .orElseGet(() -> " of "
                        + String.join("-", counts.stream().map(String::valueOf).toList())
                        + (bottleneck ? " bottlenecks" : " blocks"));
        if (groups > 1) {
            return "ResNeXt" + depth + " " + groups + "x" + width / groups + "d";
        }
        return width == CHANNELS
                ? "ResNet" + depth
                : "Wide ResNet" + depth + (width % CHANNELS == 0 ? "-" + width / CHANNELS : " of width " + width);
    }

    /** The name of the last layer, such as {@code layer2}, or {@code layer2.0} where the stage goes on. */
    public String end() {
        int last = counts.get(counts.size() - 1);
        boolean whole = FAMILY.stream()
                .filter(one -> one.beginsWith(this))
                .findFirst()
                .map(one -> one.counts.get(counts.size() - 1) == last)
                .orElse(true);
        return "layer" + counts.size() + (whole ? "" : "." + (last - 1));
    }

    /** The first convolution, behind which max-pooling halves the map. */
    public ResNetLayer stem() {
        return new ResNetLayer("conv1", "bn1", 3, CHANNELS, 7, 2, 1);
    }

    /** All blocks in their order. */
    public List<ResNetBlock> blocks() {
        return IntStream.rangeClosed(1, counts.size())
                .boxed()
                .flatMap(stage -> blocks(stage).stream())
                .toList();
    }

    /** The blocks of a stage, counted from 1. */
    public List<ResNetBlock> blocks(int stage) {
        return IntStream.range(0, counts.get(stage - 1))
                .mapToObj(block -> block(stage, block))
                .toList();
    }

    private ResNetBlock block(int stage, int block) {
        String name = "layer" + stage + "." + block;
        int inner = width << (stage - 1);
        int outputs = channels(stage);
        int inputs = block > 0 ? outputs : stage == 1 ? CHANNELS : channels(stage - 1);
        int stride = block == 0 && stage > 1 ? 2 : 1;
        List<ResNetLayer> layers = bottleneck
                ? List.of(
                        layer(name, 1, inputs, inner, 1, 1, 1),
                        layer(name, 2, inner, inner, 3, stride, groups),
                        layer(name, 3, inner, outputs, 1, 1, 1))
                : List.of(layer(name, 1, inputs, inner, 3, stride, 1), layer(name, 2, inner, outputs, 3, 1, 1));
        boolean same = stride == 1 && inputs == outputs;
        return new ResNetBlock(
                name,
                layers,
                same
                        ? null
                        : new ResNetLayer(
                                name + ".downsample.0", name + ".downsample.1", inputs, outputs, 1, stride, 1));
    }

    private static ResNetLayer layer(
            String block, int number, int inputs, int outputs, int kernel, int stride, int groups) {
        return new ResNetLayer(
                block + ".conv" + number, block + ".bn" + number, inputs, outputs, kernel, stride, groups);
    }

    /** The channels of a stage's feature map. */
    private int channels(int stage) {
        return (CHANNELS << (stage - 1)) * (bottleneck ? EXPANSION : 1);
    }

    /** The channels of the feature map. */
    public int channels() {
        return channels(counts.size());
    }

    /** Every convolution with its BatchNorm, in the order of torchvision's state dict. */
    public List<ResNetLayer> layers() {
        return Stream.concat(
                        Stream.of(stem()),
                        blocks().stream()
                                .flatMap(block ->
                                        Stream.concat(block.layers().stream(), Stream.ofNullable(block.downsample()))))
                .toList();
    }

    /** The height or width of the map behind the pooling. */
    public long pooled(long image) {
        return (stem().side(image) + 1) / 2;
    }

    /** The height or width of the feature map. */
    public long side(long image) {
        long side = pooled(image);
        for (ResNetBlock block : blocks()) {
            side = block.side(side);
        }
        return side;
    }

    /** The side of an image over that of its feature map. */
    public long reduction() {
        return 4L << (counts.size() - 1);
    }

    /** True: a tensor of this name, by torchvision, belongs to the layers up to the last one; false: to those behind. */
    public boolean reaches(String name) {
        return Stream.concat(Stream.of("conv1", "bn1"), blocks().stream().map(ResNetBlock::name))
                .anyMatch(layer -> name.startsWith(layer + "."));
    }

    /** The layout in words, such as "ResNet-50 up to layer2". */
    @Override
    public String toString() {
        return family() + " up to " + end();
    }
}
