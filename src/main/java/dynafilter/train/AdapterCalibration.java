package dynafilter.train;

import dynafilter.data.device.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The calibration of a new network's adapter: it starts as the identity, with the statistics of the backbone's features. */
public final class AdapterCalibration {
    private static final long IMAGES = 1000; // of 64 places each

    private AdapterCalibration() {}

    /**
     * Calibrates the adapter.
     *
     * @param initial every tensor of the network by name, on the CPU; the adapter's change
     * @param images training images, of which the first 1,000 are taken without augmentation
     */
    public static void apply(
            NetworkShape shape, Map<String, Tensor> initial, DeviceImages images, ComputeDevice device) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, Tensor> state = new LinkedHashMap<>();
            initial.forEach((name, tensor) -> state.put(name, StateDict.toDevice(tensor, device)));
            try (DynamicFilterNetwork network = DynamicFilterNetwork.bind(shape, state, Freeze.NONE)) {
                long size = Math.min(IMAGES, images.size());
                network.calibrateAdapter(
                        initial, images.evaluationBatch(0, size).images());
            }
        }
    }
}
