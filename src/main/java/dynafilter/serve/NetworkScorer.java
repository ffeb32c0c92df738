package dynafilter.serve;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.model.Classifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A trained network of any file that {@code predict} takes, on a device. Pixels get the scores that {@code predict} gives them. */
final class NetworkScorer implements Scorer {
    private static final int CHANNELS = 3;
    private static final float WHITE = 255;

    private final TrainedNetwork trained;
    private final ComputeDevice device;
    private final ModelFacts facts;

    /** @param trained the network, on the device; closed with this */
    NetworkScorer(TrainedNetwork trained, ComputeDevice device) {
        this.trained = trained;
        this.device = device;
        facts = new ModelFacts(trained.classes(), trained.imageSize(), mapShape());
    }

    /** The shape of the response maps, by a black picture's; null where the file does not give them. */
    private ModelFacts.@Nullable MapShape mapShape() {
        int size = trained.imageSize();
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            Classifier classifier = trained.classifier();
            Tensor maps = classifier.responseMaps(
                    batch(List.of(new Picture.Pixels(new byte[CHANNELS * size * size])))); // [1, K * heads, h, w]
            return new ModelFacts.MapShape(
                    Math.toIntExact(maps.size(1)),
                    classifier.heads(),
                    Math.toIntExact(maps.size(2)),
                    Math.toIntExact(maps.size(3)));
        } catch (InputException notGiven) {
            return null;
        }
    }

    @Override
    public ModelFacts facts() {
        return facts;
    }

    @Override
    public void begin() {
        device.select();
    }

    @Override
    public List<Prediction> score(List<? extends Picture> pictures, boolean[] maps) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            Tensor batch = batch(pictures);
            Tensor scores = onCpu(trained.classifier().scores(batch)); // [N, K]
            List<Prediction> predictions = new ArrayList<>();
            for (int i = 0; i < maps.length; i++) {
                float[] row = TensorBytes.floats(scores.select(0, i));
                predictions.add(new Prediction(row, maps[i] ? maps(batch.narrow(0, i, 1)) : null));
            }
            return predictions;
        }
    }

    /** @param image [1, 3, S, S] */
    private float[] maps(Tensor image) {
        return TensorBytes.floats(onCpu(trained.classifier().responseMaps(image)));
    }

    private static Tensor onCpu(Tensor made) {
        return made.to(new Device(DeviceType.CPU), ScalarType.Float).contiguous();
    }

    /** The pictures on the device, as pixels: uint8 [N, 3, S, S], or float32 where images came normalised. */
    private Tensor batch(List<? extends Picture> pictures) {
        List<Tensor> images =
                pictures.stream().map(this::pixels).toList();
        if (pictures.get(0) instanceof Picture.Pixels) {
            return Classifier.batch(images, device);
        }
        Tensor stacked = torch.stack(new TensorVector(images.toArray(Tensor[]::new)));
        return stacked.to(device.toTorch(), ScalarType.Float);
    }

    /** [3, S, S]. */
    private Tensor pixels(Picture picture) {
        int size = trained.imageSize();
        if (picture instanceof Picture.Pixels pixels) {
            Tensor made = TensorBytes.empty(ScalarType.Byte, CHANNELS, size, size);
            ByteBuffer memory = TensorBytes.view(made, 0, pixels.planes().length);
            memory.put(pixels.planes());
            return made;
        }
        return TensorBytes.of(unnormalised(((Picture.Normalised) picture).planes())).view(CHANNELS, size, size);
    }

    /**
     * The pixels that a normalised image was made of, not rounded: networks here take pixels and normalise them. Those of other
     * programs (TorchScript, ONNX), of which only whole pixels are known to be taken, are given the nearest ones.
     */
    private float[] unnormalised(float[] image) {
        ChannelStatistics statistics = trained.statistics();
        float[] pixels = new float[image.length];
        int plane = image.length / CHANNELS;
        for (int i = 0; i < image.length; i++) {
            double mean = statistics.mean().get(i / plane);
            double deviation = statistics.std().get(i / plane);
            float pixel = (float) (WHITE * (image[i] * deviation + mean));
            pixels[i] = trained.hasNetwork() ? pixel : Math.max(0, Math.min(WHITE, Math.round(pixel)));
        }
        return pixels;
    }

    @Override
    public void close() {
        trained.close();
    }
}
