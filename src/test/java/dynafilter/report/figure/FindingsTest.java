package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class FindingsTest {
    /** Else the page would say of the last one that no image of it is labelled wrongly. */
    @Test
    void ofManyClassesTheFirstWholeOnesAreShown() {
        long[] labels = {1, 0, 0, 2, 2};
        long[] chosen = {2, 1, 0, 4, 3};
        assertArrayEquals(new long[] {2, 1, 0}, Findings.fitting(chosen, 3, labels));
        assertArrayEquals(new long[] {2, 1, 0}, Findings.fitting(chosen, 4, labels));
        assertArrayEquals(chosen, Findings.fitting(chosen, 5, labels));
        assertArrayEquals(new long[0], Findings.fitting(chosen, 1, labels));
    }
}
