package dynafilter.run;

import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.runfolder.Recipe;
import java.util.Locale;

/** The display of how a data set is opened: the decoding of its files on the terminal, messages in the log. */
public final class DataProgress implements DataListener {
    private final Terminal terminal;

    /** A display on a terminal. */
    public DataProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The options that open the data set of a run of this recipe. */
    public static DataOptions optionsOf(Recipe recipe, Terminal terminal) {
        return new DataOptions(
                recipe.images().imageSize(),
                recipe.images().exif(),
                recipe.selection().skipBad(),
                recipe.selection().valSplit(),
                new DataProgress(terminal));
    }

    @Override
    public void decoding(long done, long total) {
        if (done < total) {
            terminal.show(
                    (double) done / total, String.format(Locale.ROOT, "decoding images: %,d of %,d", done, total));
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
}
