package dynafilter.cli;

import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.data.device.DataMemory;
import dynafilter.runfolder.Recipe;
import java.util.Locale;
import java.util.OptionalDouble;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** What commands that read images by class have in common. */
final class DataOption {
    static final String SKIP_BAD = "skip-bad";
    private static final String DATA_MEMORY = "data-memory";

    private DataOption() {}

    static Option data(String otherwise) {
        return CommonOptions.valued(
                "data", "DIR|sample", "folder of images by class, of CIFAR, or the generated set [" + otherwise + "]");
    }

    static Option skipBad() {
        return CommonOptions.flag(SKIP_BAD, "leave out image files that cannot be read; else they are an error");
    }

    static Option dataMemory() {
        return CommonOptions.valued(
                DATA_MEMORY,
                "WHERE",
                "resident (all images on the device), stream (batch after batch), or auto: by their size [auto]");
    }

    static DataMemory dataMemory(CommandLine line) {
        return DataMemory.of(line.getOptionValue(DATA_MEMORY, DataMemory.AUTO.toString()));
    }

    /** For a run of this recipe. */
    static DataOptions ofRun(Recipe recipe, Terminal terminal) {
        return new DataOptions(
                recipe.imageSize(), recipe.skipBad(), OptionalDouble.of(recipe.valSplit()), listener(terminal));
    }

    /** For what trains nothing. */
    static DataOptions of(CommandLine line, int imageSize, Terminal terminal) {
        return of(line.hasOption(SKIP_BAD), imageSize, terminal);
    }

    static DataOptions of(boolean skipBad, int imageSize, Terminal terminal) {
        return new DataOptions(imageSize, skipBad, OptionalDouble.empty(), listener(terminal));
    }

    private static DataListener listener(Terminal terminal) {
        return new DataListener() {
            @Override
            public void decoding(long done, long total) {
                if (done < total) {
                    terminal.show(
                            (double) done / total,
                            String.format(Locale.ROOT, "decoding images: %,d of %,d", done, total));
                } else {
                    terminal.clear();
                    Logging.log().info(String.format(Locale.ROOT, "decoded    %,d image files", total));
                }
            }

            @Override
            public void message(String text) {
                terminal.clear();
                Logging.log().info(text);
            }

            @Override
            public void warning(String text) {
                terminal.clear();
                Logging.log().warn(text);
            }
        };
    }
}
