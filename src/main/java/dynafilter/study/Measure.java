package dynafilter.study;

import java.util.Locale;

/** An accuracy by which runs are compared, by its name in the comparison's JSON. */
public enum Measure {
    /** The accuracy of the best epoch on the test set. */
    TEST_ACCURACY,
    /** The accuracy of the best epoch on the set that chose it. */
    BEST_ACCURACY,
    /** The accuracy of the last epoch on the set that chooses the best. */
    FINAL_ACCURACY;

    double of(RunResult run) {
        return switch (this) {
            case TEST_ACCURACY -> run.testAccuracy();
            case BEST_ACCURACY -> run.bestAccuracy();
            case FINAL_ACCURACY -> run.finalAccuracy();
        };
    }

    /** The name in JSON, such as "test_accuracy". */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The name in words, such as "test accuracy". */
    public String words() {
        return toString().replace('_', ' ');
    }
}
