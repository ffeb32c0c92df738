package dynafilter.study;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Holm's step-down correction for several tests, which keeps the family-wise error rate (the probability of one false positive or
 * more) below the level. Source: S. Holm, A simple sequentially rejective multiple test procedure, 1979.
 */
final class HolmCorrection {
    private HolmCorrection() {}

    /** The differences in their order, with their p values corrected for the number of those that could be tested. */
    static List<Difference> adjust(List<Difference> differences) {
        List<Difference> tested = differences.stream()
                .filter(Difference::isTested)
                .sorted(Comparator.comparingDouble(Difference::p))
                .toList();
        List<Difference> adjusted = new ArrayList<>(differences);
        double least = 0;
        for (int rank = 0; rank < tested.size(); rank++) {
            least = Math.max(
                    least, Math.min(1, (tested.size() - rank) * tested.get(rank).p()));
            adjusted.set(differences.indexOf(tested.get(rank)), tested.get(rank).adjusted(least, tested.size()));
        }
        return adjusted;
    }
}
