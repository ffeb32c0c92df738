package dynafilter.train;

import dynafilter.data.device.DeviceFeatures;
import dynafilter.data.device.FeatureShape;
import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.ComputeDevice;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The exchange of features among ranks that each compute those of some images: every rank stores all of them. An all-reduce of
 * bytes that are zero at all ranks but one is an all-gather, to the bit.
 *
 * @param bounds rank r computes the features of the images from {@code bounds[r]} to {@code bounds[r + 1] - 1}
 * @param size the number of images that each rank computes at a time
 */
@SuppressWarnings("ArrayRecordComponent") // a part of one loop; compared by nobody
record FeatureExchange(
        DeviceFeatures store, FeatureShape shape, long[] bounds, long size, ComputeDevice device, WorkerGroup group) {
    /**
     * Stores what all ranks have computed.
     *
     * @param done the number of images that this rank had computed before
     * @param mine the features of this rank's next images, [K, C, h, w]; null: it has none left
     */
    void store(int view, long done, @Nullable Tensor mine) {
        if (group.isSingle()) {
            if (mine != null) {
                store.put(view, done, mine);
            }
            return;
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            TensorOptions bytes = new TensorOptions(ScalarType.Byte).device(new DeviceOptional(device.toTorch()));
            Tensor all = torch.zeros(new long[] {group.size(), size, shape.bytes()}, bytes);
            if (mine != null) {
                Tensor rows = mine.permute(0, 2, 3, 1).contiguous().view(ScalarType.Byte); // [K, h, w, C * bytes]
                all.select(0, group.rank()).narrow(0, 0, mine.size(0)).copy_(rows.view(-1, shape.bytes()));
            }
            group.sum(all);
            for (int rank = 0; rank < group.size(); rank++) {
                long from = bounds[rank] + done;
                long count = Math.min(size, bounds[rank + 1] - from);
                if (count > 0) {
                    Tensor theirs = all.select(0, rank).narrow(0, 0, count).view(shape.type());
                    store.put(
                            view,
                            from,
                            theirs.view(count, shape.height(), shape.width(), shape.channels())
                                    .permute(0, 3, 1, 2));
                }
            }
        }
    }
}
