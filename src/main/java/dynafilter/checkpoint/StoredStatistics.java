package dynafilter.checkpoint;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The statistics by which a trained network's images are normalised, from its file's description. */
final class StoredStatistics {
    private StoredStatistics() {}

    /**
     * The statistics in a description; CIFAR's where it has none.
     *
     * @param description values by name, as JSON
     * @param file the description's file, for messages
     * @throws InputException where they are no numbers that can be used
     */
    static ChannelStatistics of(Map<?, ?> description, Path file) {
        Object mean = description.get("mean");
        Object std = description.get("std");
        if (mean == null && std == null) {
            return ChannelStatistics.CIFAR;
        }
        try {
            return new ChannelStatistics(numbers(mean), numbers(std));
        } catch (InputException wrong) {
            throw new InputException(file + " " + wrong.getMessage() + "; correct \"mean\" and \"std\" there", wrong);
        }
    }

    private static List<Double> numbers(@Nullable Object value) {
        return value instanceof List<?> list && list.stream().allMatch(Number.class::isInstance)
                ? list.stream().map(item -> ((Number) item).doubleValue()).toList()
                : List.of();
    }
}
