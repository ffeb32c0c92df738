package dynafilter.runfolder;

import dynafilter.data.ImageSize;
import dynafilter.io.InputException;
import dynafilter.model.BasisImage;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Setting.Range;
import dynafilter.runfolder.Setting.Trait;
import dynafilter.runtime.Precision;
import java.util.List;

/**
 * The one table of the settings that decide what a training run computes. A component is the command-line option of its name and
 * a value of config.json; its annotation is all that a new setting needs. {@link Recipes} makes recipes and checks ranges.
 */
public record Recipe(
        Images images,
        Augmentation augmentation,
        Network network,
        Optimization optimization,
        Computation computation,
        Selection selection,
        Limits limits) {
    /** @throws InputException where two of the records contradict each other */
    public Recipe {
        augmentation.requireInside(images.imageSize());
        FeatureViews.require(images.featureViews(), augmentation, network.freeze());
        HoldOut.require(selection, network);
    }

    /** The recipe of {@code train} without options; {@code results.md} tells which values were chosen by experiment. */
    public static final Recipe DEFAULT = new Recipe(
            new Images("data/cifar-10-batches-bin", NetworkShape.IMAGE_SIZE, Setting.OPEN, true),
            Augmentation.DEFAULT,
            new Network(
                    "imagenet",
                    "layer1",
                    Normalize.AUTO,
                    FilterKind.DYNAMIC,
                    1,
                    1,
                    FilterDesign.BASIS,
                    BasisImage.ON,
                    Freeze.NONE,
                    "",
                    false,
                    false),
            new Optimization(
                    10,
                    256,
                    1,
                    OptimizerKind.MUON,
                    OptimizerKind.MUON_RATE,
                    OptimizerKind.SGD_RATE,
                    0.9,
                    OptimizerKind.MUON_DECAY,
                    OptimizerKind.MUON_FILTER_DECAY,
                    ScheduleKind.ONECYCLE,
                    0.2,
                    0.1,
                    "",
                    0.5,
                    ClassWeights.NONE,
                    0,
                    0),
            new Computation(0, Precision.FP32, false, false),
            new Selection(0, 0, 0, false, ""),
            new Limits(0, 0, 0));

    /** The images, as the network sees them. */
    public record Images(
            @Setting(
                    place = 1,
                    argument = "DIR|sample",
                    help = "folder of images by class, of CIFAR-10 or CIFAR-100 (binary), or the generated set",
                    traits = {Trait.PATH, Trait.SHARED})
            String data,

            @Setting(
                    place = 29,
                    argument = "S",
                    help = "height and width of the images: the shorter side is scaled to S, the centre taken",
                    traits = Trait.FIXED)
            int imageSize,

            @Setting(
                    place = 39,
                    argument = "N|auto",
                    help =
                            "crops of an image whose features --freeze all keeps (auto: up to 8); 0: new crops every epoch",
                    open = "auto",
                    range = Range.LIMIT,
                    traits = Trait.FIXED)
            int featureViews,

            @Setting(
                    place = 41,
                    help = "turn pictures as their Exif orientation says",
                    offHelp = "take pictures as they are stored, whatever Exif says of their orientation",
                    traits = {Trait.FIXED, Trait.SHARED})
            boolean exif) {
        /** @throws InputException for a size that images cannot be brought to */
        public Images {
            ImageSize.require(imageSize);
        }
    }

    /** The random numbers and the arithmetic of a run. */
    public record Computation(
            @Setting(
                    place = 18,
                    argument = "N",
                    help = "of initial weights, order and augmentation",
                    traits = {Trait.FIXED, Trait.SHARED})
            long seed,

            @Setting(place = 19, argument = "P", help = "fp32, tf32 (CUDA) or bf16 (autocast)")
            Precision precision,

            @Setting(place = 28, help = "deterministic algorithms only")
            boolean deterministic,

            @Setting(place = 34, help = "BatchNorm over all processes' images of a batch, not each over its own")
            boolean syncBatchnorm) {}

    /** The choice of the images to train on, and of those that choose the best epoch. */
    public record Selection(
            @Setting(
                    place = 25,
                    argument = "SHARE",
                    help =
                            "hold out this share of the training images, of each class, to choose the best epoch; 0: the test set does",
                    range = Range.SHARE,
                    traits = {Trait.FIXED, Trait.SHARED})
            double valSplit,

            @Setting(
                    place = 20,
                    argument = "N",
                    help = "only the first N training images (of folders: of each class in turn); 0: all",
                    range = Range.LIMIT,
                    traits = {Trait.FIXED, Trait.SHARED})
            int limitTrain,

            @Setting(
                    place = 21,
                    argument = "N",
                    help = "only the first N test images, likewise; 0: all",
                    range = Range.LIMIT,
                    traits = {Trait.FIXED, Trait.SHARED})
            int limitTest,

            @Setting(
                    place = 31,
                    help = "leave out image files that cannot be read; else they are an error",
                    traits = Trait.FIXED)
            boolean skipBad,

            @Setting(
                    place = 43,
                    argument = "LABEL,...",
                    help =
                            "train without these labels, and tell how well their images are labelled by filters made of words alone (with --label-vectors and --freeze-labels)",
                    traits = {Trait.FIXED, Trait.SHARED})
            String holdOut) {
        /** The names of the labels that training holds out, as the user wrote them; mostly none. */
        public List<String> heldOutLabels() {
            return HoldOut.names(holdOut);
        }
    }

    /** The limits that end a run before its last epoch; the learning-rate schedule does not change. */
    public record Limits(
            @Setting(
                    place = 22,
                    argument = "N",
                    help = "stop at the run's step N, the schedule unchanged; 0: no limit",
                    range = Range.LIMIT,
                    traits = {Trait.SHARED, Trait.ONCE})
            long maxSteps,

            @Setting(
                    place = 23,
                    argument = "M",
                    help = "stop after M minutes, the schedule unchanged; 0: no limit",
                    range = Range.NOT_NEGATIVE,
                    traits = {Trait.SHARED, Trait.ONCE})
            double maxMinutes,

            @Setting(
                    place = 24,
                    argument = "N",
                    help = "stop after N epochs without a better accuracy; 0: never",
                    range = Range.LIMIT)
            int earlyStop) {}
}
