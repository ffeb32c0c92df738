package dynafilter.study;

import java.util.Locale;

/** An accuracy by which runs are compared, by its name in the comparison's JSON. */
public enum Measure {
    /** Of the best epoch, on the test set. */
    TEST_ACCURACY,
    /** Of the best epoch, on the set that chose it. */
    BEST_ACCURACY,
    /** Of the last epoch, on the set that chooses the best. */
    FINAL_ACCURACY;

    double of(RunResult run) {
        return switch (this) {
            case TEST_ACCURACY -> run.testAccuracy();
            case BEST_ACCURACY -> run.bestAccuracy();
            case FINAL_ACCURACY -> run.finalAccuracy();
        };
    }

    /** As "test_accuracy". */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As "test accuracy". */
    public String words() {
        return toString().replace('_', ' ');
    }
}
