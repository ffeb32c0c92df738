package dynafilter.runfolder;

import dynafilter.runfolder.Setting.Range;
import dynafilter.runfolder.Setting.Trait;

/** The optimisation: length, batches, optimizer, learning-rate schedule and loss. */
public record Optimization(
        @Setting(place = 7, argument = "N", help = "passes over the training images", range = Range.COUNT)
        int epochs,

        @Setting(
                place = 8,
                argument = "N",
                help = "images of a forward pass; an epoch's last, incomplete batch is dropped",
                range = Range.COUNT,
                traits = Trait.FIXED)
        int batchSize,

        @Setting(
                place = 27,
                argument = "N",
                help = "batches whose gradients make one step",
                range = Range.COUNT,
                traits = Trait.FIXED)
        int accumulate,

        @Setting(place = 9, argument = "NAME", help = "sgd (Nesterov), adamw or muon", traits = Trait.FIXED)
        OptimizerKind optimizer,

        @Setting(
                place = 10,
                argument = "X",
                help = "peak learning rate",
                usual = OptimizerKind.RATES,
                range = Range.POSITIVE)
        double lr,

        @Setting(
                place = 40,
                argument = "X",
                help = "peak learning rate of sgd beside muon: for embeddings, the last layer, biases and BatchNorm",
                range = Range.POSITIVE,
                header = "sgd lr {}")
        double restLr,

        @Setting(place = 11, argument = "X", help = "of sgd; muon's own is 0.95", range = Range.SHARE)
        double momentum,

        @Setting(
                place = 12,
                argument = "X",
                help =
                        "of matrices and convolutions; BatchNorm and biases do not decay; of adamw and muon it is decoupled",
                usual = OptimizerKind.DECAYS,
                range = Range.NOT_NEGATIVE)
        double weightDecay,

        @Setting(
                place = 51,
                argument = "X",
                help = "muon's weight decay of what makes filters: generator, places and mixture",
                range = Range.NOT_NEGATIVE)
        double filterDecay,

        @Setting(place = 13, argument = "NAME", help = "onecycle, cosine, step or constant")
        ScheduleKind schedule,

        @Setting(
                place = 14,
                argument = "SHARE",
                help = "share of all steps in which the learning rate rises",
                range = Range.SHARE)
        double warmup,

        @Setting(
                place = 15,
                argument = "X",
                help = "share of the target spread over all classes",
                range = Range.SHARE,
                header = "label smoothing {}")
        double labelSmoothing,

        @Setting(
                place = 52,
                argument = "FILE",
                help =
                        "trained network, as --model takes it, whose probabilities for the training images are learned beside the labels",
                traits = Trait.PATH)
        String teacher,

        @Setting(
                place = 53,
                argument = "SHARE",
                help = "of the loss, that --teacher has; the labels have the rest",
                range = Range.PROBABILITY)
        double teacherShare,

        @Setting(
                place = 30,
                argument = "HOW",
                help = "what an image counts in the loss: none (all the same), balanced (all classes the same)",
                header = "{} class weights",
                traits = Trait.FIXED)
        ClassWeights classWeights,

        @Setting(
                place = 17,
                argument = "NORM",
                help = "scale larger gradients down to this norm; 0: never",
                range = Range.NOT_NEGATIVE,
                header = "clip {}")
        double clipGrad,

        @Setting(
                place = 26,
                argument = "DECAY",
                help = "evaluate a moving average of the network with this decay; 0: the network itself",
                range = Range.SHARE,
                header = "ema {}")
        double ema) {}
