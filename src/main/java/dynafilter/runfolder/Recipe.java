package dynafilter.runfolder;

import dynafilter.data.ImageSize;
import dynafilter.io.InputException;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.Precision;

/**
 * Everything that decides what a training run computes. A component is the command-line option of the same name.
 *
 * @param data {@code sample} or the folder of the data set
 * @param backbone {@code random}, {@code imagenet} or a file
 * @param cut the last layer taken from a backbone file
 * @param adapter whether a trainable layer, the identity at first, stands between backbone and filters
 * @param epochs passes over the training images
 * @param batchSize images of one forward pass; the last, incomplete batch of an epoch is dropped
 * @param lr the peak learning rate; each optimizer has a default of its own
 * @param momentum of SGD (Nesterov's), in [0, 1)
 * @param weightDecay of matrices and convolutions; BatchNorm and biases do not decay
 * @param warmup share of all steps in which the learning rate rises, in [0, 1)
 * @param labelSmoothing in [0, 1)
 * @param clipGrad largest norm of the gradient; 0: no clipping
 * @param limitTrain only the first so many training images; 0: all
 * @param limitTest only the first so many test images; 0: all
 * @param maxSteps stop at this step of the run; 0: no limit. The schedule does not change
 * @param maxMinutes stop after so many minutes; 0: no limit. The schedule does not change
 * @param earlyStop stop after so many epochs without a better accuracy; 0: never
 * @param valSplit share of the training images held out to choose the best epoch, in [0, 1); 0: the test set chooses
 * @param ema decay of the exponential moving average of the network that is evaluated, in [0, 1); 0: no average
 * @param accumulate batches whose gradients make one step
 * @param deterministic deterministic algorithms only
 * @param imageSize height and width of the images the network takes
 * @param classWeights what an image counts in the loss
 * @param skipBad whether image files that cannot be read are left out; else they end the run
 * @param labelVectors a file of word vectors that the labels' embeddings start from; empty: they start at random
 * @param freezeLabels whether the labels' embeddings stay as they start
 * @param syncBatchnorm whether BatchNorm takes the statistics of all processes' images in training
 */
public record Recipe(
        String data,
        String backbone,
        String cut,
        FilterKind filters,
        Freeze freeze,
        boolean adapter,
        int epochs,
        int batchSize,
        OptimizerKind optimizer,
        double lr,
        double momentum,
        double weightDecay,
        ScheduleKind schedule,
        double warmup,
        double labelSmoothing,
        boolean augment,
        double clipGrad,
        long seed,
        Precision precision,
        int limitTrain,
        int limitTest,
        long maxSteps,
        double maxMinutes,
        int earlyStop,
        double valSplit,
        double ema,
        int accumulate,
        boolean deterministic,
        int imageSize,
        ClassWeights classWeights,
        boolean skipBad,
        String labelVectors,
        boolean freezeLabels,
        boolean syncBatchnorm) {

    /** The recipe of a {@code train} without options; {@code results.md} tells which values were chosen by experiment. */
    public static final Recipe DEFAULT = new Recipe(
            "data/cifar-10-batches-bin",
            "imagenet",
            "layer1",
            FilterKind.DYNAMIC,
            Freeze.NONE,
            false,
            20,
            256,
            OptimizerKind.SGD,
            OptimizerKind.SGD.defaultRate(),
            0.9,
            5e-4,
            ScheduleKind.ONECYCLE,
            0.2,
            0,
            true,
            0,
            0,
            Precision.FP32,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            1,
            false,
            NetworkShape.IMAGE_SIZE,
            ClassWeights.NONE,
            false,
            "",
            false,
            false);

    /**
     * @throws InputException for a value out of range, naming the option
     */
    public Recipe {
        atLeast(1, "epochs", epochs);
        atLeast(1, "batch-size", batchSize);
        atLeast(1, "accumulate", accumulate);
        atLeast(0, "limit-train", limitTrain);
        atLeast(0, "limit-test", limitTest);
        atLeast(0, "max-steps", maxSteps);
        atLeast(0, "early-stop", earlyStop);
        ImageSize.require(imageSize);
        notNegative("max-minutes", maxMinutes);
        notNegative("weight-decay", weightDecay);
        notNegative("clip-grad", clipGrad);
        share("momentum", momentum);
        share("warmup", warmup);
        share("label-smoothing", labelSmoothing);
        share("val-split", valSplit);
        share("ema", ema);
        if (filters != FilterKind.DYNAMIC && (freezeLabels || !labelVectors.isEmpty())) {
            throw new InputException((freezeLabels ? "--freeze-labels" : "--label-vectors") + ": only labels of"
                    + " --filters dynamic have embeddings, not those of " + filters);
        }
        require(lr > 0 && Double.isFinite(lr), "lr", lr, "must be above 0");
    }

    private static void atLeast(long least, String option, long value) {
        require(value >= least, option, value, "must be at least " + least);
    }

    private static void notNegative(String option, double value) {
        require(value >= 0 && Double.isFinite(value), option, value, "must be 0 or more");
    }

    private static void share(String option, double value) {
        require(value >= 0 && value < 1, option, value, "must be at least 0 and below 1");
    }

    private static void require(boolean holds, String option, Number value, String rule) {
        if (!holds) {
            throw new InputException("--" + option + " " + value + ": " + rule);
        }
    }
}
