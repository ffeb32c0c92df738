package dynafilter.runfolder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ZeroShotTest {
    private static final List<String> LABELS = List.of("a", "b", "c", "d");

    /** Worked by hand: a label counts as much as another, however many images it has. */
    @Test
    void everyLabelThatHasImagesCountsTheSame() {
        ZeroShot of = ZeroShot.of(
                LABELS,
                List.of(false, true, false, true),
                new long[] {10, 4, 2, 100},
                new long[] {5, 1, 2, 0},
                new long[] {6, 2, 2, 75});
        assertEquals(List.of("b", "d"), of.unseenLabels());
        assertEquals(104, of.unseenImages());
        assertEquals(12, of.seenImages());
        assertEquals((0.5 + 0.75) / 2, of.unseenAmongUnseen(), 1e-12);
        assertEquals((0.25 + 0) / 2, of.unseenAmongAll(), 1e-12);
        assertEquals((0.6 + 1) / 2, of.seenAmongSeen(), 1e-12);
        assertEquals((0.5 + 1) / 2, of.seenAmongAll(), 1e-12);
        assertEquals(2 / (1 / 0.125 + 1 / 0.75), of.harmonicMean(), 1e-12);
        assertTrue(of.lines().get(0).contains("62.50 % among the 2 unseen labels, 12.50 % among all, of 104 images"));
    }

    @Test
    void labelsWithoutImagesDoNotCountAndNothingRightIsZero() {
        ZeroShot of = ZeroShot.of(
                LABELS,
                List.of(false, true, false, true),
                new long[] {10, 0, 0, 8},
                new long[] {0, 0, 0, 0},
                new long[] {5, 0, 0, 4});
        assertEquals(0.5, of.unseenAmongUnseen());
        assertEquals(0, of.unseenAmongAll());
        assertEquals(0, of.harmonicMean());
    }
}
