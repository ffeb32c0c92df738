package dynafilter.api;

import dynafilter.io.InputException;
import java.util.function.Supplier;

/** What the rooms below throw, in the words of this one. */
final class Failures {
    private Failures() {}

    /**
     * The result of work of the rooms below.
     *
     * @throws BadInputException where it found bad input
     */
    static <T> T translated(Supplier<T> work) {
        try {
            return work.get();
        } catch (InputException bad) {
            throw new BadInputException(String.valueOf(bad.getMessage()), bad);
        }
    }
}
