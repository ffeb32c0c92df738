package dynafilter.report.tensorboard;

import dynafilter.data.device.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkClassifier;
import dynafilter.report.figure.MapsFigure;
import dynafilter.report.figure.Raster;
import dynafilter.report.figure.ResponseMaps;
import dynafilter.report.figure.ResponseMaps.Input;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.TrainingData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The sample images whose response maps a run draws again and again as the network learns: the first image of each of the first classes. */
final class MapSamples {
    private static final int CLASSES = 4;

    private final TrainingData data;
    private final ComputeDevice device;
    private final Map<Integer, Long> places; // in the selection set, by label

    MapSamples(TrainingData data, ComputeDevice device) {
        this.data = data;
        this.device = device;
        places = places(data.selection());
    }

    private static Map<Integer, Long> places(DeviceImages images) {
        Map<Integer, Long> places = new TreeMap<>();
        try (PointerScope scope = new PointerScope()) {
            long[] labels = TensorBytes.longs(images.labels().cpu());
            for (int i = 0; i < labels.length && places.size() < CLASSES; i++) {
                if (labels[i] < CLASSES) {
                    places.putIfAbsent((int) labels[i], (long) i);
                }
            }
        }
        return places;
    }

    /**
     * The figure of each image, as a PNG file, by the name of its class.
     *
     * @throws dynafilter.io.InputException where this machine has no font to write with
     */
    Map<String, byte[]> figures(DynamicFilterNetwork network) {
        Map<String, byte[]> figures = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope();
                NetworkClassifier now = new NetworkClassifier(network, data.statistics(), device)) {
            List<Input> images = new ArrayList<>();
            places.forEach((label, place) -> images.add(image(label, place)));
            for (ResponseMaps maps : ResponseMaps.of(now, device, data.classes(), images)) {
                String name = data.classes().get(Objects.requireNonNull(maps.label(), "samples have labels"));
                figures.put(name, Raster.png(MapsFigure.of(maps), 1));
            }
        }
        return figures;
    }

    private Input image(int label, long place) {
        Tensor pixels = data.selection().pixels(place, 1).select(0, 0).cpu().contiguous(); // [3, H, W]
        return new Input(data.selectionName() + " image " + place, pixels, label);
    }
}
