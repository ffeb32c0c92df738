package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.linear;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Filters that are mixed from a basis, with the weights {@code softmax((R e_l + S c_n) / tau)}: the mixture of Yang et al. 2019
 * (CondConv) with the softmax of Chen et al. 2020 (Dynamic Convolution), of the label's embedding e_l and the mean c_n of the
 * feature map over its places. Since a convolution is linear, the image is convolved with the basis, once for all labels, and the
 * responses are mixed.
 *
 * @param bank the basis, each of its filters of length one (L2 norm): [M, C, 1, 1]
 * @param labels the label's part of the mixture, R e_l with its bias: [K, M]
 * @param image S, which makes the image's part: [M, C]; null: the label alone decides the mixture
 * @param sharpness 1 / tau, a single number on the device; null: 1
 */
record MixedFilters(
        Tensor bank,
        Tensor labels,
        @Nullable Tensor image,
        @Nullable Tensor sharpness) implements LabelFilters {
    @Override
    public Tensor responses(Tensor features) {
        Tensor maps = bmm(mixture(features), basisResponses(features)); // [N, K, H * W]
        return maps.view(features.size(0), -1, features.size(2), features.size(3));
    }

    @Override
    public Tensor scores(Tensor features, ScorePredictor predictor) {
        return predictor.mixedScores(mixture(features), basisResponses(features));
    }

    /** The mixed filters; their length is one at most, and no more than the mixture makes it. */
    @Override
    public Tensor ofImages(Tensor features) {
        Tensor mixture = image == null ? mixtureOfLabels().unsqueeze(0) : mixture(features);
        return mixture.matmul(bank.flatten(1, -1));
    }

    /** The filters without an image: [K, C, 1, 1]. */
    Tensor constants() {
        return mixtureOfLabels().matmul(bank.flatten(1, -1)).view(-1, bank.size(1), 1, 1);
    }

    /** [N, M, H * W], rescaled. */
    private Tensor basisResponses(Tensor features) {
        return DynamicConvolution.apply(features, bank).flatten(2, -1);
    }

    /** The weights of the basis: [N, K, M]. */
    private Tensor mixture(Tensor features) {
        if (image == null) {
            return mixtureOfLabels().unsqueeze(0).expand(features.size(0), -1, -1);
        }
        Tensor ofImages = linear(features.mean(2, 3), image); // [N, M]
        // Along a dimension that is not the last, libtorch's CPU computes the softmax of many labels at once: of eight
        // filters in a tenth of the time. A label is rounded by its place then, which no trained network may do.
        return GradMode.is_enabled() && !ofImages.is_cuda()
                ? softmax(ofImages.unsqueeze(2).add(labels.t()), 1).transpose(1, 2)
                : softmax(ofImages.unsqueeze(1).add(labels), -1);
    }

    private Tensor mixtureOfLabels() {
        return softmax(labels, -1);
    }

    private Tensor softmax(Tensor logits, long dimension) {
        return (sharpness == null ? logits : logits.mul(sharpness)).softmax(dimension);
    }

    @Override
    public MixedFilters kept(NativeOwner owner) {
        return new MixedFilters(
                owner.keep(bank), owner.keep(labels), image, sharpness); // the others are kept elsewhere
    }
}
