package dynafilter.run;

import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.runfolder.Recipe;
import java.util.Locale;

/** The display of how a data set is opened: the decoding of its files on the terminal, messages in the log. */
public final class DataProgress implements DataListener {
    private final Terminal terminal;
    private long counted; // files in all, of which reports came last
    private long firstDone;
    private long firstTime; // of System.nanoTime

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
            String text =
                    String.format(Locale.ROOT, "decoding images: %,d of %,d%s", done, total, timeLeft(done, total));
            terminal.show((double) done / total, text);
        } else {
            terminal.clear();
            Logging.log().info(String.format(Locale.ROOT, "decoded    %,d image files", total));
        }
    }

    /** The time that the rest will take at the pace since the first report of these files; empty at that report. */
    private String timeLeft(long done, long total) {
        long now = System.nanoTime();
        if (total != counted || done <= firstDone) {
            counted = total;
            firstDone = done;
            firstTime = now;
            return "";
        }
        double left = (now - firstTime) * 1e-9 / (done - firstDone) * (total - done);
        return ", " + Terminal.duration(left) + " left";
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
