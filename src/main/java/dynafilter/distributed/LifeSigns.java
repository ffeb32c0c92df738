package dynafilter.distributed;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A rank's knowledge of the others, and the judgement by it: when each was last heard of, and how many collectives it has
 * reached. Times are those of {@link System#nanoTime}.
 */
final class LifeSigns {
    private final Placement placement;
    private final long timeout;
    private final String[] names;
    private final @Nullable String[] beats; // the last sign of life of each; null before the first
    private final long[] heardAt;
    private final long[] theirCollectives;
    private final long[] movedAt; // when each reached its last collective, or caught up with this rank

    private long collectives; // the number that this rank has reached
    private long answeredAt = System.nanoTime(); // the store's last answer
    private boolean watching;
    private boolean storeLost;

    /** @param timeout the time that a rank may let the others wait, in nanoseconds */
    LifeSigns(Placement placement, long timeout) {
        this.placement = placement;
        this.timeout = timeout;
        names = new String[placement.size()];
        Arrays.setAll(names, rank -> "rank " + rank);
        beats = new @Nullable String[placement.size()];
        heardAt = new long[placement.size()];
        theirCollectives = new long[placement.size()];
        movedAt = new long[placement.size()];
    }

    /** Starts to count the silence of the other ranks, all of which have joined. */
    synchronized void watch(String[] whatTheyAreCalled) {
        System.arraycopy(whatTheyAreCalled, 0, names, 0, names.length);
        Arrays.fill(heardAt, System.nanoTime());
        Arrays.fill(movedAt, System.nanoTime());
        watching = true;
    }

    synchronized boolean isWatching() {
        return watching;
    }

    /** Notes that this rank has reached its next collective. */
    synchronized void enter() {
        long now = System.nanoTime();
        for (int rank = 0; rank < movedAt.length; rank++) {
            if (theirCollectives[rank] >= collectives) {
                movedAt[rank] = now;
            }
        }
        collectives++;
    }

    /** This rank's own sign of life: a number that changes, and the number of collectives that it has reached. */
    synchronized String own(long beat) {
        return beat + " " + collectives;
    }

    /** Notes the last sign of life of a rank, which that rank's {@link #own} made. */
    synchronized void heard(int rank, String beat) {
        if (!beat.equals(beats[rank])) {
            beats[rank] = beat;
            heardAt[rank] = System.nanoTime();
            long theirs = Long.parseLong(beat.substring(beat.indexOf(' ') + 1));
            if (theirs != theirCollectives[rank] || theirs >= collectives) {
                movedAt[rank] = heardAt[rank];
            }
            theirCollectives[rank] = theirs;
        }
    }

    /** Notes that the store has answered. */
    synchronized void answered(long now) {
        answeredAt = now;
    }

    /** Notes that the connection to the store is broken. */
    synchronized void storeLost() {
        storeLost = true;
    }

    /**
     * Notes that this process itself was stopped for a while, so that the silence of the others in that time does not count.
     */
    synchronized void wasAsleep(long now) {
        answeredAt = now;
        Arrays.fill(heardAt, now);
        Arrays.fill(movedAt, now);
    }

    /**
     * The rank to blame, and for what; empty while all is well.
     *
     * @param patience the time that a rank may be silent, in nanoseconds
     * @param hangs true: a collective has timed out, as Gloo's do by themselves, so that a living rank that has not reached it
     *     is to blame; false: such a rank is to blame only after the timeout
     */
    synchronized Optional<String> culprit(long patience, boolean hangs) {
        long now = System.nanoTime();
        String keeper =
                placement.agentStore() ? RendezvousStore.keeper(placement) : names[0] + ", which keeps the store,";
        if (storeLost) {
            return Optional.of(keeper + " is gone");
        }
        if (now - answeredAt > patience) {
            return Optional.of(keeper + " does not answer for " + seconds(now - answeredAt));
        }
        Optional<String> silent = named(rank -> now - heardAt[rank] > patience)
                .map(ranks -> ranks + " is gone or hangs: no sign of life for "
                        + seconds(IntStream.range(0, names.length)
                                .mapToLong(rank -> now - heardAt[rank])
                                .max()
                                .orElseThrow()));
        return silent.isPresent()
                ? silent
                : named(rank -> theirCollectives[rank] < collectives && (hangs || now - movedAt[rank] > timeout))
                        .map(ranks -> ranks + " lives, but did not come to what the others waited for in "
                                + seconds(timeout) + "; wait longer with --dist-timeout");
    }

    private Optional<String> named(IntPredicate guilty) {
        String ranks = IntStream.range(0, names.length)
                .filter(rank -> watching && rank != placement.rank() && guilty.test(rank))
                .mapToObj(rank -> names[rank])
                .collect(Collectors.joining(", "));
        return ranks.isEmpty() ? Optional.empty() : Optional.of(ranks);
    }

    private static String seconds(long nanoseconds) {
        return String.format(Locale.ROOT, "%.1f s", nanoseconds / 1e9);
    }
}
