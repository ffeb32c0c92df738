package dynafilter.data.device;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.data.Flip;
import dynafilter.data.ImageSet;
import dynafilter.data.device.Transforms.Jitter;
import dynafilter.data.device.Transforms.Scale;
import dynafilter.runtime.ComputeDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A set of images and what is asked of its transformed batches. */
final class TransformedImages {
    static final int IMAGES = 24;
    static final int SIDE = 20;
    static final Jitter COLOURS = new Jitter(0.4, 0.5, 0.6, 0.2);
    static final Transforms ALL = new Transforms(0, new Scale(0.2, 1), Flip.HV, COLOURS, 0.7, 0.4, 1);

    private TransformedImages() {}

    /** Noise of seven classes; three images are grey, three black. */
    static ImageSet set() {
        torch.manual_seed(1);
        Tensor images =
                torch.rand(IMAGES, 3, SIDE, SIDE).mul(new Scalar(255.99)).to(ScalarType.Byte);
        images.narrow(0, 0, 3).narrow(1, 1, 2).copy_(images.narrow(0, 0, 3).narrow(1, 0, 1)); // grey, which has no hue
        images.narrow(0, 3, 3).mul_(new Scalar(0L)); // black
        Tensor labels =
                torch.arange(new Scalar(IMAGES)).remainder(new Scalar(7)).to(ScalarType.Long);
        List<String> names =
                IntStream.range(0, 7).mapToObj(label -> "class " + label).toList();
        return new ImageSet("random", images, labels, names);
    }

    static DeviceImages of(ImageSet set, Transforms transforms, boolean streamed) {
        return new DeviceImages(set, null, ComputeDevice.CPU, transforms, streamed, ChannelStatistics.CIFAR);
    }

    static List<Batch> batches(EpochBatches epoch, int count, int size) {
        return Stream.generate(() -> epoch.stage(size).next(size)).limit(count).toList();
    }

    static Map<String, Object> saved(Batch batch) {
        assertTrue(batch.images().is_contiguous(MemoryFormat.ChannelsLast));
        Batch.Mixture mixture = batch.mixture();
        Map<String, Object> saved = new LinkedHashMap<>();
        saved.put("images", batch.images());
        saved.put("first", batch.labels());
        saved.put("second", mixture == null ? batch.labels() : mixture.targets().labels());
        saved.put("share", mixture == null ? torch.ones(batch.labels().size(0)) : mixture.share());
        return saved;
    }
}
