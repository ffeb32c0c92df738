package dynafilter.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.SplitMix;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Folded ResNets give the plain network's scores. */
@ExtendWith(NativeScope.class)
class FoldedNetworkTest {
    private static final ChannelStatistics STATISTICS = ChannelStatistics.IMAGENET;

    private static void check(ResNetLayout layout, FilterKind filters, int imageSize, boolean folds) {
        NetworkShape shape =
                NetworkShape.of(ResNetArchitecture.of(layout), FilterDesign.of(filters), 7, false, imageSize);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        torch.manual_seed(2);
        state.forEach((name, tensor) -> {
            if (name.endsWith("running_mean") || name.endsWith(".bias")) {
                tensor.uniform_(-0.5, 0.5, null);
            } else if (name.endsWith("running_var")) {
                tensor.uniform_(0.5, 1.5, null);
            }
        });
        byte[] planes = new byte[3 * imageSize * imageSize];
        SplitMix random = SplitMix.at(5, imageSize);
        for (int i = 0; i < planes.length; i++) {
            planes[i] = (byte) random.below(256);
        }
        try (DynamicFilterNetwork network = DynamicFilterNetwork.bind(shape, state, Freeze.NONE);
                NetworkClassifier plain = new NetworkClassifier(network, STATISTICS, ComputeDevice.CPU);
                InferenceMode inference = new InferenceMode()) {
            Optional<FoldedNetwork> found = FoldedNetwork.of(network, state, STATISTICS);
            assertEquals(folds, found.isPresent(), layout.toString());
            found.ifPresent(folded -> {
                Tensor pixels = TensorBytes.of(planes).view(3, imageSize, imageSize);
                float[] wanted = TensorBytes.floats(plain.scores(Classifier.batch(List.of(pixels), ComputeDevice.CPU)));
                float[] scores = folded.scores(planes);
                assertArrayEquals(wanted, scores, 2e-5f * largest(wanted), layout + " of " + imageSize);
                assertTrue(largest(wanted) > 0);
                assertArrayEquals(scores, folded.scores(planes), "a second call in the same memory");
                folded.close();
            });
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @Test
    void ofEveryLayout() {
        check(ResNetLayout.STEM, FilterKind.DYNAMIC, 32, true);
        check(new ResNetLayout(false, 64, 1, List.of(2, 1)), FilterKind.DYNAMIC, 33, true);
        check(new ResNetLayout(false, 64, 1, List.of(1, 1, 1, 1)), FilterKind.STATIC, 32, true);
        check(new ResNetLayout(true, 64, 1, List.of(2)), FilterKind.SINGLE, 40, true);
        check(new ResNetLayout(true, 128, 1, List.of(1, 2)), FilterKind.DYNAMIC, 37, true);
        check(new ResNetLayout(true, 256, 1, List.of(2)), FilterKind.DYNAMIC, 32, true); // as wide as the output
    }

    @Test
    void groupsAreLeftToThePlainNetwork() {
        check(new ResNetLayout(true, 128, 32, List.of(1)), FilterKind.DYNAMIC, 32, false);
    }
}
