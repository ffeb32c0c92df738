package dynafilter.runfolder;

import java.util.Locale;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The weight of an image in the training loss, by its class; evaluation counts all images the same. */
public enum ClassWeights {
    /** All images the same. */
    NONE,
    /** n / (K * count of the class), as scikit-learn's "balanced": each of the K classes counts as much as another. */
    BALANCED;

    /**
     * The weight of each class, for {@code cross_entropy}, whose mean then is over the weights of the batch's labels, as in PyTorch.
     *
     * @param labels int64 [n], of the training images; a class without any has the weight 0
     * @return float32 [classes] where the labels are, in the caller's scope; null where all images count the same
     */
    public @Nullable Tensor of(Tensor labels, int classes) {
        if (this == NONE) {
            return null;
        }
        Tensor counts = labels.bincount(new TensorOptional(), classes).to(ScalarType.Double); // [classes]
        Tensor present = counts.gt(new Scalar(0));
        Tensor all = counts.mul(present.sum(new ScalarTypeOptional(ScalarType.Double)));
        return torch.where(present, all.reciprocal().mul(new Scalar((double) labels.size(0))), counts)
                .to(ScalarType.Float);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
