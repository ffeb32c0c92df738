package dynafilter.runfolder;

import dynafilter.io.InputException;
import dynafilter.model.BasisImage;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.runfolder.Setting.Range;
import dynafilter.runfolder.Setting.Trait;

/** The network and what it starts from. */
public record Network(
        @Setting(
                place = 2,
                argument = "FILE|imagenet|random",
                help =
                        "TorchScript file of any network, .pth or .safetensors of a ResNet, the official weights, or random ones",
                traits = {Trait.FIXED, Trait.PATH})
        String backbone,

        @Setting(
                place = 3,
                argument = "NAME",
                help =
                        "the last layer taken of the backbone: layer1 to layer4 of a ResNet, or one of a file's, as features.6",
                traits = Trait.FIXED)
        String cut,

        @Setting(
                place = 44,
                argument = "WHAT",
                help =
                        "what pixels are normalised with: cifar, imagenet, data (the training images' own), three means and deviations such as 0.5,0.5,0.5/0.25,0.25,0.25, or auto: what the backbone was trained with (cifar for the default one, random weights and TorchScript)",
                header = "pixels normalised by {}",
                traits = Trait.FIXED)
        String normalize,

        @Setting(
                place = 4,
                argument = "KIND",
                help =
                        "dynamic (generated from the label), static (one a class), single (one for all), conditional (generated from label and image), basis (mixed from a few) or local (dynamic, with a weight a place)",
                traits = {Trait.FIXED, Trait.SHARED})
        FilterKind filters,

        @Setting(
                place = 35,
                argument = "H",
                help = "filters of a label, and response maps of which its score is made: dynamic, static, single",
                range = Range.COUNT,
                header = "{} heads",
                traits = Trait.FIXED)
        int filterHeads,

        @Setting(
                place = 36,
                argument = "1|3",
                help = "height and width of a filter: of dynamic, static, single",
                range = Range.COUNT,
                header = "filter size {}",
                traits = Trait.FIXED)
        int filterSize,

        @Setting(
                place = 37,
                argument = "M",
                help = "trained filters that --filters basis mixes",
                range = Range.COUNT,
                header = "basis of {}",
                traits = Trait.FIXED)
        int basis,

        @Setting(
                place = 38,
                argument = "on|off",
                help = "on: label and image decide how --filters basis mixes; off: the label alone",
                header = "basis image {}",
                traits = Trait.FIXED)
        BasisImage basisImage,

        @Setting(
                place = 5,
                argument = "WHAT",
                help = "none, all (the backbone), or all-but-bn (the backbone except its BatchNorm)",
                traits = Trait.FIXED)
        Freeze freeze,

        @Setting(
                place = 32,
                argument = "FILE",
                help = "start the labels' embeddings from word vectors, the text format of word2vec and GloVe",
                traits = {Trait.FIXED, Trait.PATH})
        String labelVectors,

        @Setting(
                place = 6,
                help = "a trainable layer, the identity at first, between the backbone and the filters",
                traits = Trait.FIXED)
        boolean adapter,

        @Setting(place = 33, help = "the labels' embeddings stay as they start", traits = Trait.FIXED)
        boolean freezeLabels) {
    /** @throws InputException where the other settings are not about filters of this kind, or pixels cannot be normalised so */
    public Network {
        if (!filters.hasEmbeddings() && (freezeLabels || !labelVectors.isEmpty())) {
            throw new InputException((freezeLabels ? "--freeze-labels" : "--label-vectors") + ": only filters that"
                    + " are made of labels, such as --filters dynamic, have embeddings, not " + filters);
        }
        Normalize.statistics(normalize);
        FilterDesign.check(filters, filterHeads, filterSize, basis, basisImage);
    }

    /** The design of the filters. */
    public FilterDesign design() {
        return new FilterDesign(filters, filterHeads, filterSize, basis, basisImage);
    }
}
