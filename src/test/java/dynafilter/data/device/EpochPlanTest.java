package dynafilter.data.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.data.Flip;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EpochPlanTest {
    private static final int IMAGES = 9000;

    @Test
    void isAPermutation() {
        long[] order = EpochPlan.of(7, 3, IMAGES).order();
        assertFalse(Arrays.equals(LongStream.range(0, IMAGES).toArray(), order));
        assertArrayEquals(
                LongStream.range(0, IMAGES).toArray(),
                LongStream.of(order).sorted().toArray());
    }

    @Test
    void repeatsForTheSameSeedAndEpochAndDiffersForOthers() {
        EpochPlan plan = EpochPlan.of(7, 3, 100);
        EpochPlan again = EpochPlan.of(7, 3, 100);
        assertArrayEquals(plan.order(), again.order());
        assertArrayEquals(plan.cropTop(), again.cropTop());
        assertArrayEquals(plan.cropLeft(), again.cropLeft());
        assertArrayEquals(plan.flip(), again.flip());
        for (EpochPlan other : new EpochPlan[] {EpochPlan.of(7, 4, 100), EpochPlan.of(8, 3, 100)}) {
            assertFalse(Arrays.equals(plan.order(), other.order()));
            assertFalse(Arrays.equals(plan.cropTop(), other.cropTop()));
            assertFalse(Arrays.equals(plan.flip(), other.flip()));
        }
    }

    @Test
    void flipsHalfAndCropsEverywhereAlike() {
        EpochPlan plan = EpochPlan.of(0, 0, IMAGES);
        assertEquals(0.5, (double) LongStream.of(plan.flip()).sum() / IMAGES, 0.02);
        assertTrue(LongStream.of(plan.flip()).allMatch(flip -> flip == 0 || flip == 1));
        for (long[] places : new long[][] {plan.cropTop(), plan.cropLeft()}) {
            long[] counts = new long[9];
            LongStream.of(places).forEach(place -> counts[Math.toIntExact(place)]++);
            for (long count : counts) {
                assertEquals(IMAGES / 9.0, (double) count, 150); // five standard deviations
            }
        }
    }

    /** Top, left and flip are drawn each by itself. */
    @Test
    void cropsAndFlipsDoNotHangTogether() {
        EpochPlan plan = EpochPlan.of(1, 2, IMAGES);
        long[] pairs = new long[81 * 2];
        for (int i = 0; i < IMAGES; i++) {
            pairs[Math.toIntExact((plan.cropTop()[i] * 9 + plan.cropLeft()[i]) * 2 + plan.flip()[i])]++;
        }
        assertTrue(LongStream.of(pairs).allMatch(count -> count > 20), Arrays.toString(pairs));
    }

    @Test
    void inTheOrderOfTheSetEveryImageKeepsItsCropAndFlip() {
        EpochPlan plan = EpochPlan.of(7, 3, 103);
        EpochPlan bySet = plan.inOrderOfSet();
        assertArrayEquals(LongStream.range(0, 103).toArray(), bySet.order());
        for (int place = 0; place < 103; place++) {
            int image = Math.toIntExact(plan.order()[place]);
            assertEquals(plan.cropTop()[place], bySet.cropTop()[image]);
            assertEquals(plan.cropLeft()[place], bySet.cropLeft()[image]);
            assertEquals(plan.flip()[place], bySet.flip()[image]);
        }
    }

    @Test
    void theRanksOfEveryBatchHaveItsImagesOnceWithTheSameCropsAndFlips() {
        EpochPlan plan = EpochPlan.of(7, 3, 103);
        int batch = 12;
        for (int ranks : new int[] {1, 2, 3, 4}) {
            int share = batch / ranks;
            for (int place = 0; place < 103 / batch * batch; place++) {
                EpochPlan part = plan.shard(place % batch / share, ranks, batch);
                int own = place / batch * share + place % share;
                assertEquals(plan.order()[place], part.order()[own]);
                assertEquals(plan.cropTop()[place], part.cropTop()[own]);
                assertEquals(plan.cropLeft()[place], part.cropLeft()[own]);
                assertEquals(plan.flip()[place], part.flip()[own]);
            }
        }
    }

    @Test
    void alternatingFlipsMirrorEachImageInEverySecondEpoch() {
        long[] before = flipsOf(2, Flip.ALTERNATE);
        long[] after = flipsOf(3, Flip.ALTERNATE);
        for (int image = 0; image < IMAGES; image++) {
            assertEquals(1, before[image] + after[image], "image " + image);
        }
        assertArrayEquals(before, flipsOf(4, Flip.ALTERNATE));
        assertEquals(IMAGES / 2.0, (double) LongStream.of(before).sum(), 4 * Math.sqrt(IMAGES / 4.0));
        assertEquals(0, LongStream.of(flipsOf(3, Flip.NONE)).sum());
        EpochPlan random = EpochPlan.of(7, 3, IMAGES);
        for (Flip flips : Flip.values()) {
            EpochPlan plan = EpochPlan.of(7, 3, IMAGES, EpochPlan.PADDING, flips);
            assertArrayEquals(random.order(), plan.order());
            assertArrayEquals(random.cropTop(), plan.cropTop());
            assertArrayEquals(random.cropLeft(), plan.cropLeft());
        }
    }

    /** Which way; chance is the same for left and right alone, and for both ways. */
    @Test
    void flipsAreLeftAndRightOrUpsideDownOrBoth() {
        long[] random = flipsOf(3, Flip.RANDOM);
        long[] vertical = flipsOf(3, Flip.V);
        assertArrayEquals(random, flipsOf(3, Flip.H));
        long[] both = flipsOf(3, Flip.HV);
        for (int image = 0; image < IMAGES; image++) {
            assertEquals(random[image] + vertical[image], both[image]);
            assertTrue(vertical[image] == 0 || vertical[image] == 2, "upside down, or not");
        }
        assertEquals(IMAGES / 2.0, LongStream.of(vertical).sum() / 2.0, 4 * Math.sqrt(IMAGES / 4.0));
        assertFalse(Arrays.equals(vertical, flipsOf(4, Flip.V)));
    }

    /** By image. */
    private static long[] flipsOf(long epoch, Flip flips) {
        return EpochPlan.of(7, epoch, IMAGES, EpochPlan.PADDING, flips)
                .inOrderOfSet()
                .flip();
    }
}
