package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.runfolder.OptimizerKind;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The options that make up a recipe: an option a component, by the same name. */
final class RecipeOptions {
    private static final String[][] OPTIONS = {
        {"data", "DIR|sample", "folder of images by class, of CIFAR-10 or CIFAR-100 (binary), or the generated set"},
        {"image-size", "S", "height and width of the images: the shorter side is scaled to S, the centre taken"},
        {
            "backbone",
            "FILE|imagenet|random",
            "TorchScript file of any network, .pth file of ResNet-18, the official weights, or random ones"
        },
        {"cut", "NAME", "the last layer taken from a backbone file, such as layer1 or features.6"},
        {"filters", "KIND", "dynamic (generated from the label), static (one a class) or single (one for all)"},
        {"freeze", "WHAT", "none, all (the backbone), or all-but-bn (the backbone except its BatchNorm)"},
        {
            "label-vectors",
            "FILE",
            "start the labels' embeddings from word vectors, the text format of word2vec and GloVe"
        },
        {"epochs", "N", "passes over the training images"},
        {"batch-size", "N", "images of a forward pass; an epoch's last, incomplete batch is dropped"},
        {"accumulate", "N", "batches whose gradients make one step"},
        {"optimizer", "NAME", "sgd (Nesterov) or adamw"},
        {"lr", "X", "peak learning rate"},
        {"momentum", "X", "of sgd"},
        {"weight-decay", "X", "of matrices and convolutions; BatchNorm and biases do not decay"},
        {"schedule", "NAME", "onecycle, cosine, step or constant"},
        {"warmup", "SHARE", "share of all steps in which the learning rate rises"},
        {"label-smoothing", "X", "share of the target spread over all classes"},
        {
            "class-weights",
            "HOW",
            "what an image counts in the loss: none (all the same), balanced (all classes the same)"
        },
        {"clip-grad", "NORM", "scale larger gradients down to this norm; 0: never"},
        {"ema", "DECAY", "evaluate a moving average of the network with this decay; 0: the network itself"},
        {"seed", "N", "of initial weights, order and augmentation"},
        {"precision", "P", "fp32, tf32 (CUDA) or bf16 (autocast)"},
        {
            "val-split",
            "SHARE",
            "hold out this share of the training images, of each class, to choose the best epoch; 0: the test set does"
        },
        {"limit-train", "N", "only the first N training images (of folders: of each class in turn); 0: all"},
        {"limit-test", "N", "only the first N test images, likewise; 0: all"},
        {"max-steps", "N", "stop at the run's step N, the schedule unchanged; 0: no limit"},
        {"max-minutes", "M", "stop after M minutes, the schedule unchanged; 0: no limit"},
        {"early-stop", "N", "stop after N epochs without a better accuracy; 0: never"},
    };

    private RecipeOptions() {}

    /** @param except options that are left out */
    static Options addTo(Options options, String... except) {
        Map<String, Object> defaults = Recipes.toMap(Recipe.DEFAULT);
        for (String[] option : OPTIONS) {
            if (List.of(except).contains(option[0])) {
                continue;
            }
            String value = option[0].equals("lr") ? ratesByOptimizer() : Recipes.typed(defaults.get(key(option[0])));
            options.addOption(CommonOptions.valued(option[0], option[1], option[2] + bracketed(value)));
        }
        return options.addOption(CommonOptions.flag("augment", "random crops and flips of the training images [on]"))
                .addOption(CommonOptions.flag("no-augment", "the training images as they are"))
                .addOption(CommonOptions.flag(
                        "adapter", "a trainable layer, the identity at first, between the backbone and the filters"))
                .addOption(CommonOptions.flag("freeze-labels", "the labels' embeddings stay as they start"))
                .addOption(CommonOptions.flag("deterministic", "deterministic algorithms only"))
                .addOption(CommonOptions.flag(
                        "sync-batchnorm", "BatchNorm over all processes' images of a batch, not each over its own"))
                .addOption(DataOption.skipBad());
    }

    /** The values given on the command line, by the recipe's names. */
    static Map<String, Object> given(CommandLine line) {
        Map<String, Object> given = new LinkedHashMap<>();
        for (String[] option : OPTIONS) {
            String text = line.getOptionValue(option[0]);
            if (text != null) {
                given.put(key(option[0]), text); // Recipes parses it
            }
        }
        if (line.hasOption("augment") && line.hasOption("no-augment")) {
            throw new InputException("--augment and --no-augment contradict each other; give one of them");
        }
        if (line.hasOption("augment") || line.hasOption("no-augment")) {
            given.put("augment", !line.hasOption("no-augment"));
        }
        for (String flag :
                List.of("deterministic", "adapter", "freeze-labels", "sync-batchnorm", DataOption.SKIP_BAD)) {
            if (line.hasOption(flag)) {
                given.put(key(flag), true);
            }
        }
        return given;
    }

    /** "sgd 0.3, adamw 0.003" */
    private static String ratesByOptimizer() {
        return Arrays.stream(OptimizerKind.values())
                .map(kind -> kind + " " + Recipes.typed(kind.defaultRate()))
                .collect(Collectors.joining(", "));
    }

    private static String bracketed(String value) {
        return value.isEmpty() ? "" : " [" + value + "]";
    }

    private static String key(String option) {
        return option.replace('-', '_');
    }
}
