package dynafilter.run;

import dynafilter.io.InputException;
import java.nio.file.Path;

/**
 * The arguments of {@code train} that say where it begins.
 *
 * @param out the run's folder; null for a new one, or for that of the checkpoint
 * @param overwrite true: an older run in {@code out} goes; false: it stays, and the folder is refused
 * @param resume what to go on from: {@code last}, {@code best}, {@code auto}, a folder or a checkpoint; null for a new run
 * @param config the config.json whose recipe is taken; null for none
 */
public record StartArguments(Path out, boolean overwrite, String resume, Path config) {
    /** {@code --resume}'s word for the run in {@code --out}, where there is one already. */
    private static final String AUTO = "auto";

    /** @throws InputException where they contradict each other */
    public StartArguments {
        if (resume != null && (overwrite || (config != null && !resume.equals(AUTO)))) {
            throw new InputException(
                    "--resume continues a run as it was: it goes with neither --overwrite nor --config");
        }
        if (AUTO.equals(resume) && out == null) {
            throw new InputException("--resume auto continues the run in --out, or begins it there; name it");
        }
    }

    /** true: the run in {@code out} goes on where there is one, and begins where there is none; false: what is asked for is clear. */
    boolean isAuto() {
        return AUTO.equals(resume);
    }
}
