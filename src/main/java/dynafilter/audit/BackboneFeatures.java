package dynafilter.audit;

import dynafilter.audit.AuditedImages.Part;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.data.ImageSize;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.Transforms;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A backbone's features of images, as few numbers as a linear model learns from: means over a grid of the feature map. */
final class BackboneFeatures {
    private static final long BATCH = 250; // of 32x32 images
    private static final long MOST = 2048; // features of an image
    private static final long MOST_BYTES = 2L << 30;
    private static final long[] GRIDS = {4, 2, 1};
    private static final long SEED = 0; // of weights that no file gives

    private BackboneFeatures() {}

    /**
     * Computes the features.
     *
     * @param progress hears which share is done
     * @return float32 [N, D + 1], on the CPU, in the caller's scope; the last feature is 1
     */
    static Tensor of(
            AuditedImages images,
            int classes,
            PretrainedBackbone backbone,
            ComputeDevice device,
            DoubleConsumer progress) {
        NetworkShape shape = NetworkShape.of(
                backbone.architecture(), Recipe.DEFAULT.network().design(), classes, false, images.imageSize());
        long grid = grid(shape.channels(), shape, images.size());
        Tensor all = TensorBytes.empty(ScalarType.Float, images.size(), shape.channels() * grid * grid + 1);
        try (NativeOwner owner = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, Tensor> state = new LinkedHashMap<>();
            StateDict.random(shape, SEED, backbone.state())
                    .forEach((name, tensor) -> state.put(name, StateDict.toDevice(owner.keep(tensor), device)));
            all.narrow(1, all.size(1) - 1, 1).fill_(new Scalar(1));
            try (DynamicFilterNetwork network = DynamicFilterNetwork.bind(shape, state, Freeze.ALL)) {
                long at = 0;
                for (Part part : images.parts()) {
                    fill(all, at, part, network, backbone.statistics(), grid, device, progress);
                    at += part.set().size();
                }
            }
        }
        return all;
    }

    private static long grid(long channels, NetworkShape shape, long images) {
        long[] map = shape.backbone().featureShape(shape.imageSize(), shape.imageSize());
        for (long grid : GRIDS) {
            long features = channels * grid * grid;
            if (features <= MOST && features * images * Float.BYTES <= MOST_BYTES && Math.min(map[1], map[2]) >= grid) {
                return grid;
            }
        }
        return 1;
    }

    private static void fill(
            Tensor all,
            long at,
            Part part,
            DynamicFilterNetwork network,
            ChannelStatistics statistics,
            long grid,
            ComputeDevice device,
            DoubleConsumer progress) {
        long side = part.set().images().size(2);
        long batch = Math.max(1, BATCH * ImageSize.CIFAR * ImageSize.CIFAR / (side * side));
        boolean streams = DataMemory.AUTO.streams(DeviceImages.bytes(part.set().size(), side, 0), device);
        try (DeviceImages images = new DeviceImages(part.set(), null, device, Transforms.NONE, streams, statistics)) {
            for (long from = 0; from < images.size(); from += batch) {
                try (PointerScope scope = new PointerScope()) {
                    long count = Math.min(batch, images.size() - from);
                    Tensor map = network.backboneFeatures(
                            images.evaluationBatch(from, count).images(), false);
                    Tensor means = torch.adaptive_avg_pool2d(map, grid, grid).flatten(1, 3);
                    all.narrow(0, at + from, count)
                            .narrow(1, 0, all.size(1) - 1)
                            .copy_(means);
                    progress.accept((double) (at + from + count) / all.size(0));
                }
            }
        }
    }
}
