package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlowStepsTest {
    private final SlowSteps steps = new SlowSteps();

    /** @return what is told during so many steps */
    private Optional<String> add(int count, long milliseconds, int threads) {
        Optional<String> told = Optional.empty();
        for (int i = 0; i < count; i++) {
            Optional<String> now = steps.add(milliseconds * 1_000_000, threads);
            assertTrue(told.isEmpty() || now.isEmpty(), "told twice");
            told = told.isPresent() ? told : now;
        }
        return told;
    }

    @Test
    void stepsThatTakeManyTimesTheFastestAreToldOnce() {
        assertEquals(Optional.empty(), add(300, 50, 2));
        assertEquals(
                Optional.of("a step takes 400 ms now, 8 times as long as the fastest of this run: other programs use"
                        + " these cores; while they do, fewer --threads than 2 may be faster"),
                add(60, 400, 2));
        assertEquals(Optional.empty(), add(300, 500, 2));
    }

    @Test
    void oneThreadIsTheFewestThereIs() {
        add(1, 10, 1);
        assertEquals(
                Optional.of("a step takes 4000 ms now, 400 times as long as the fastest of this run: other programs use"
                        + " these cores"),
                add(4, 4000, 1));
    }

    @Test
    void aSleepingLaptopAndAFewSlowStepsAreNothing() {
        assertEquals(Optional.empty(), add(100, 50, 2));
        assertEquals(Optional.empty(), add(1, 3_600_000, 2));
        for (int i = 0; i < 100; i++) {
            assertEquals(Optional.empty(), add(9, 50, 2));
            assertEquals(Optional.empty(), add(1, 1000, 2));
        }
        assertEquals(Optional.empty(), add(300, 200, 2), "four times as long happens");
    }
}
