package dynafilter.distributed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.io.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Checks that all ranks agree with rank 0. */
public final class Agreement {
    private static final JsonMapper MAPPER = new JsonMapper();

    private Agreement() {}

    /**
     * Requires that all ranks have the same facts, such as versions and options.
     *
     * @param facts texts by their names in the message
     * @throws InputException at every rank alike, where two ranks differ; the message names the first difference
     */
    public static void require(WorkerGroup group, Map<String, String> facts) {
        List<String> all = group.exchange(write(facts));
        Map<String, String> wanted = read(all.get(0));
        for (int rank = 1; rank < all.size(); rank++) {
            Map<String, String> found = read(all.get(rank));
            TreeSet<String> names = new TreeSet<>(wanted.keySet());
            names.addAll(found.keySet());
            for (String name : names) {
                if (!Objects.equals(wanted.get(name), found.get(name))) {
                    throw new InputException("rank " + rank + " has " + name + " " + found.get(name) + ", rank 0 has "
                            + wanted.get(name) + "; start all ranks with the same program, data and options");
                }
            }
        }
    }

    private static String write(Map<String, String> facts) {
        try {
            return MAPPER.writeValueAsString(new TreeMap<>(facts));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Map<String, String> read(String facts) {
        try {
            return MAPPER.readValue(facts, new TypeReference<>() {});
        } catch (JsonProcessingException wrong) {
            throw new InputException("a rank runs another program: " + facts, wrong);
        }
    }

    /**
     * The first rank whose numbers differ from rank 0's; empty where all agree.
     *
     * @param rows one row for each rank
     */
    public static OptionalInt firstDifferent(long[][] rows) {
        return IntStream.range(1, rows.length)
                .filter(rank -> !Arrays.equals(rows[rank], rows[0]))
                .findFirst();
    }
}
