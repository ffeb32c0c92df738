package dynafilter.data.device;

import dynafilter.data.ImageSet;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Images that stay on the host: the device holds those of one step. */
final class StreamedPixels implements PixelSource {
    private final NativeOwner owner;
    private final NativeOwner ofSteps = new NativeOwner(); // of the tensors for one step
    private final Tensor images; // uint8 [M, 3, H, W], on the CPU
    private final long[] members; // which of them are the set; null for all
    private final long size;
    private final ComputeDevice device;
    private final int padding;
    private final Prefetcher training;
    private final Prefetcher evaluation;
    private EpochPlan plan;
    private long next; // the place in the epoch's order of the next image to stage
    private Tensor staged; // uint8 [K, H + 2p, W + 2p, 3], of the current step; null before the first
    private Tensor arrived; // uint8 [K, 3, H, W], the same before it is put there
    private Tensor first; // int64 [], place in the order of the first that is staged

    /** @param members places in the set, in their order; null for all */
    StreamedPixels(ImageSet set, long[] members, ComputeDevice device, int padding) {
        this.members = members;
        this.device = device;
        this.padding = padding;
        size = members == null ? set.size() : members.length;
        try (NativeOwner building = new NativeOwner()) {
            images = building.keep(set.images());
            training = building.keep(new Prefetcher(images, set.name(), device));
            evaluation = building.keep(new Prefetcher(images, set.name(), device));
            building.keep(ofSteps);
            owner = building.handOver();
        }
    }

    private long member(long place) {
        return members == null ? place : members[Math.toIntExact(place)];
    }

    @Override
    public void begin(EpochPlan epoch, long from) {
        training.forget();
        plan = epoch;
        next = from;
    }

    @Override
    public void stage(long count) {
        long[] order = plan.order();
        try (PointerScope scope = new PointerScope()) {
            if (staged == null || staged.size(0) != count) {
                allocate(count);
            }
            training.take(next, count, place -> member(order[Math.toIntExact(place)]), size)
                    .copyTo(arrived);
            staged.narrow(1, padding, images.size(2))
                    .narrow(2, padding, images.size(3))
                    .copy_(arrived.permute(0, 2, 3, 1));
            first.fill_(new Scalar(next));
        }
        next += count;
    }

    @Override
    public void settle() {
        training.settle();
        evaluation.settle();
    }

    private void allocate(long count) {
        staged = null;
        ofSteps.close();
        long height = images.size(2);
        long width = images.size(3);
        try (PointerScope scope = new PointerScope()) {
            Device target = device.toTorch();
            Tensor none = images.new_zeros(new long[0]).to(target, images.scalar_type());
            arrived = ofSteps.keep(none.new_zeros(new long[] {count, 3, height, width}));
            first = ofSteps.keep(none.to(ScalarType.Long));
            staged = ofSteps.keep(none.new_zeros(new long[] {count, height + 2L * padding, width + 2L * padding, 3}));
        }
    }

    @Override
    public Tensor pixels() {
        return staged;
    }

    @Override
    public Tensor rows(Tensor which, Tensor places) {
        return places.sub(first);
    }

    @Override
    public Tensor inOrder(long from, long count) {
        Tensor onDevice = images.new_zeros(new long[0])
                .to(device.toTorch(), images.scalar_type())
                .new_empty(new long[] {count, 3, images.size(2), images.size(3)});
        evaluation.take(from, count, this::member, size).copyTo(onDevice);
        return onDevice.contiguous(MemoryFormat.ChannelsLast);
    }

    @Override
    public void close() {
        owner.close();
    }
}
