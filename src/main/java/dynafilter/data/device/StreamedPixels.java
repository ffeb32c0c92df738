package dynafilter.data.device;

import dynafilter.data.ImageSet;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A source of pixels for images that stay on the host: the device holds the images of one step. */
final class StreamedPixels implements PixelSource {
    private final NativeOwner owner;
    private final NativeOwner ofSteps = new NativeOwner(); // of the tensors for one step
    private final Tensor images; // uint8 [M, 3, H, W], on the CPU; or bytes of another meaning
    private final LongUnaryOperator member; // the index among them of the set's image at a place
    private final long size;
    private final ComputeDevice device;
    private final int padding;
    private final Prefetcher training;
    private final Prefetcher evaluation;
    private @Nullable EpochPlan plan; // of the current epoch; null before the first
    private long next; // the place in the epoch's order of the next image to stage
    private @Nullable Stage stage; // of the current step; null before the first

    /**
     * The tensors for the images of one step, on the device.
     *
     * @param pixels uint8 [K, H + 2p, W + 2p, 3], at the same place for every step: a captured step reads them there
     * @param first int64 [], the place in the epoch's order of the first image
     */
    private record Stage(Tensor pixels, Tensor first) {}

    /** @param members the places in the set of the images to take, in their order; null: all images */
    StreamedPixels(ImageSet set, long @Nullable [] members, ComputeDevice device, int padding) {
        this(
                set.images(),
                set.name(),
                members == null ? place -> place : place -> members[Math.toIntExact(place)],
                members == null ? set.size() : members.length,
                device,
                padding);
    }

    /**
     * @param images uint8 [M, A, H, W] on the CPU; its ownership is shared
     * @param name the name of the set, for messages
     * @param member gives the index in {@code images} of the set's image at a place; the same function during an epoch
     * @param size the number of images of the set
     */
    StreamedPixels(Tensor images, String name, LongUnaryOperator member, long size, ComputeDevice device, int padding) {
        this.member = member;
        this.device = device;
        this.padding = padding;
        this.size = size;
        try (NativeOwner building = new NativeOwner()) {
            this.images = building.keep(images);
            training = building.keep(new Prefetcher(images, name, device));
            evaluation = building.keep(new Prefetcher(images, name, device));
            building.keep(ofSteps);
            owner = building.handOver();
        }
    }

    @Override
    public void begin(EpochPlan epoch, long from) {
        training.forget();
        plan = epoch;
        next = from;
    }

    @Override
    public void stage(long count) {
        long[] order = Objects.requireNonNull(plan, "an epoch has begun").order();
        try (PointerScope scope = new PointerScope()) {
            Stage step = stage;
            if (step == null || step.pixels.size(0) != count) {
                step = allocate(count);
            }
            Tensor inner = step.pixels.narrow(1, padding, images.size(2)).narrow(2, padding, images.size(3));
            training.take(next, count, place -> member.applyAsLong(order[Math.toIntExact(place)]), size)
                    .receive(count, arrived -> inner.copy_(arrived.permute(0, 2, 3, 1)));
            step.first.fill_(new Scalar(next));
        }
        next += count;
    }

    @Override
    public void settle() {
        training.settle();
        evaluation.settle();
    }

    private Stage allocate(long count) {
        stage = null;
        ofSteps.close();
        long channels = images.size(1);
        long height = images.size(2);
        long width = images.size(3);
        try (PointerScope scope = new PointerScope()) {
            Device target = device.toTorch();
            Tensor none = images.new_zeros(new long[0]).to(target, images.scalar_type());
            Tensor first = ofSteps.keep(none.to(ScalarType.Long));
            Tensor pixels = ofSteps.keep(
                    none.new_zeros(new long[] {count, height + 2L * padding, width + 2L * padding, channels}));
            Stage allocated = new Stage(pixels, first);
            stage = allocated;
            return allocated;
        }
    }

    @Override
    public Tensor pixels() {
        return staged().pixels;
    }

    @Override
    public Tensor rows(Tensor which, Tensor places) {
        return places.sub(staged().first);
    }

    private Stage staged() {
        return Objects.requireNonNull(stage, "a step was staged");
    }

    @Override
    public Tensor inOrder(long from, long count) {
        return evaluation
                .take(from, count, member, size)
                .receive(count, arrived -> arrived.clone(new MemoryFormatOptional(MemoryFormat.ChannelsLast)));
    }

    @Override
    public void close() {
        owner.close();
    }
}
