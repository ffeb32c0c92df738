package dynafilter.run;

import dynafilter.io.InputException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of {@code train} that decide how it starts.
 *
 * @param out the run's folder; null: a new one, or that of the checkpoint
 * @param overwrite true: an older run in {@code out} goes; false: it stays, and the folder is refused
 * @param resume the start of a run that goes on: {@code last}, {@code best}, {@code auto}, a folder or a checkpoint; null: a new run
 * @param config the config.json whose recipe is taken; null: none
 */
public record StartArguments(
        @Nullable Path out,
        boolean overwrite,
        @Nullable String resume,
        @Nullable Path config) {
    /** The word of {@code --resume} for the run in {@code --out}, where there is one already. */
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

    /** True: the run in {@code out} goes on where there is one, and begins where there is none; false: the arguments tell which. */
    boolean isAuto() {
        return AUTO.equals(resume);
    }
}
