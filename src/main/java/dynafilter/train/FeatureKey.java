package dynafilter.train;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.Checksum;
import dynafilter.model.BackboneArchitecture;
import dynafilter.runfolder.Augmentation;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * All that decides what the features of a run are, on one device in one process: two runs with equal keys compute the same ones.
 *
 * @param seed of the views' crops, and of the images that are split off
 * @param dataSha256 the checksum of the data set
 * @param backboneSha256 the checksum of the backbone's layers and tensors
 * @param teacherSha256 the checksum of the teacher, whose probabilities lie with the features; null: there is no teacher
 * @param streams true: they are streamed from a file; false: they are on the device
 */
record FeatureKey(
        Recipe.Images images,
        Augmentation augmentation,
        Recipe.Selection selection,
        long seed,
        Precision precision,
        ChannelStatistics statistics,
        String dataSha256,
        String backboneSha256,
        @Nullable String teacherSha256,
        boolean streams) {
    static FeatureKey of(TrainingSetup setup, boolean streams) {
        Recipe recipe = setup.recipe();
        return new FeatureKey(
                recipe.images(),
                recipe.augmentation(),
                recipe.selection(),
                recipe.computation().seed(),
                recipe.computation().precision(),
                setup.data().statistics(),
                setup.data().sha256(),
                sha256(setup.shape().backbone(), setup.initial()),
                setup.data().teacherSha256(),
                streams);
    }

    private static String sha256(BackboneArchitecture backbone, Map<String, Tensor> state) {
        MessageDigest digest = Checksum.Algorithm.SHA256.digest();
        digest.update((backbone.description() + "\n" + backbone.programSha256()).getBytes(StandardCharsets.UTF_8));
        new TreeMap<>(state).forEach((name, tensor) -> {
            if (name.startsWith(BackboneArchitecture.PREFIX)) {
                try (PointerScope scope = new PointerScope()) {
                    Tensor bytes = tensor.detach().cpu().contiguous();
                    digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
                    digest.update(TensorBytes.view(bytes, 0, Math.toIntExact(bytes.nbytes())));
                }
            }
        });
        return HexFormat.of().formatHex(digest.digest());
    }
}
