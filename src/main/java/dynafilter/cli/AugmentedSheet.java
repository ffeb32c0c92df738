package dynafilter.cli;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.ImageSize;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.report.figure.AugmentedImages;
import dynafilter.run.Terminal;
import dynafilter.runfolder.Augmentation;
import dynafilter.runfolder.SettingRow;
import dynafilter.runfolder.SettingTable;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code data augmented}: a picture of training images as the options of augmentation make them. */
final class AugmentedSheet {
    /**
     * The document of {@code --json}.
     *
     * @param classes the class of each image, from top to bottom
     * @param epochs the number of versions of each
     */
    private record Sheet(Path file, List<String> classes, int epochs) {}

    private static final SettingTable<Augmentation> TABLE = new SettingTable<>(Augmentation.DEFAULT);
    private static final String OUT = "out";
    private static final String SEED = "seed";

    private AugmentedSheet() {}

    static void addTo(Options options) {
        RecipeOptions.addTo(options, TABLE, "augment");
        options.addOption(CommonOptions.valued(
                        OUT, "FILE", "audit: write a page with all that was found, .html; the exit code is 0 whatever is found; augmented:"
                                + " where the picture is written, .png or .svg [augmented.png]"))
                .addOption(CommonOptions.valued(SEED, "N", "augmented: of the transforms [0]"));
    }

    /**
     * Refuses the options for an action that shows nothing.
     *
     * @throws InputException where one is given
     */
    static void refuseOptions(CommandLine line, String action) {
        Stream.concat(TABLE.rows().stream().map(SettingRow::option), Stream.of(OUT, SEED))
                .filter(option -> line.hasOption(option)
                        && !(option.equals(OUT) && action.equals(DataCommand.AUDIT))) // it writes a page
                .findFirst()
                .ifPresent(option -> {
                    throw new InputException(
                            "--" + option + " is for `data augmented`, not for " + action + "; leave it out");
                });
    }

    /**
     * Writes the picture that the command line asks for.
     *
     * @throws InputException where an option makes no sense, or the data set cannot be read
     */
    static int write(String data, CommandLine line, Terminal terminal, JsonOutput json) {
        Augmentation augmentation = TABLE.with(Augmentation.DEFAULT, RecipeOptions.given(line, TABLE), true);
        int size = CommonOptions.integer(line, "image-size", 1, Integer.MAX_VALUE, ImageSize.CIFAR);
        ImageSize.require(size);
        augmentation.requireInside(size);
        int seed = CommonOptions.integer(line, SEED, 0, Integer.MAX_VALUE, 0);
        Path out = FigureOutput.file(line, OUT, Path.of("augmented.png"));
        NativeRuntime.load();
        try (DataSet set = DataSource.open(data, DataOption.of(line, size, terminal));
                ImageSet some = set.train().limit(AugmentedImages.MOST)) {
            terminal.clear();
            AugmentedImages images = AugmentedImages.of(some, augmentation.transforms(size), seed);
            FigureOutput.write(out, images.sheet());
            json.write(new Sheet(out, images.classes(), images.versions().size()));
        }
        return ExitCode.DONE;
    }
}
