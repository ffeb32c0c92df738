package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.normalize;
import static org.bytedeco.pytorch.global.torch.relu_;
import static org.bytedeco.pytorch.global.torch.tanh;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Filters that are generated from label and image, {@code norm(tanh(A relu(B e_l + D c_n)))}: filters made of the input, as in
 * the dynamic filter networks of Jia et al. 2016, whose input here is the label's embedding e_l beside the mean c_n of the feature
 * map over its places.
 *
 * @param labels the label's part of the hidden layer, B e_l with its bias: [K, width]
 * @param image D, which makes the image's part: [width, C]
 * @param generator the generator, whose second layer is A
 */
record ConditionalFilters(Tensor labels, Tensor image, TwoLayerHead generator) implements LabelFilters {
    @Override
    public Tensor responses(Tensor features) {
        // The filters are rescaled instead of the maps: the same product, over fewer numbers.
        Tensor rescaled = ofImages(features).mul(new Scalar(DynamicConvolution.rescaling(features.size(1))));
        Tensor maps = bmm(rescaled, features.flatten(2, -1)); // [N, K, H * W]
        return maps.view(features.size(0), -1, features.size(2), features.size(3));
    }

    @Override
    public Tensor ofImages(Tensor features) {
        Tensor means = features.mean(2, 3); // [N, C]
        Tensor hidden = relu_(linear(means, image).unsqueeze(1).add(labels)); // [N, K, width]
        Tensor rows = tanh(generator.second(hidden)); // [N, K, C]
        return normalize(rows.flatten(0, 1)).view_as(rows);
    }

    @Override
    public ConditionalFilters kept(NativeOwner owner) {
        return new ConditionalFilters(owner.keep(labels), image, generator); // the others are parameters
    }
}
