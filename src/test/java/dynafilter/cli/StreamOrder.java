package dynafilter.cli;

import dynafilter.cli.CudaLog.Call;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What CUDA's streams and events order of a log's calls, whatever the host waits for: work of one stream is done in turn, and
 * what is put into a stream behind a wait for an event comes after all that lay before the event. By vector clocks: each piece of
 * work knows how much of every stream is done before it.
 */
final class StreamOrder {
    private static final Set<String> WORK =
            Set.of("kernel", "cudaGraphLaunch", "cudaMemcpyAsync", "cudaMemsetAsync", "cudaMemcpy", "cudaMemset");

    private final List<Call> calls;
    private final List<Map<Integer, Integer>> clocks = new ArrayList<>(); // of each call, after it; empty: no work

    StreamOrder(List<Call> calls) {
        this.calls = calls;
        Map<Integer, Map<Integer, Integer>> streams = new HashMap<>();
        Map<Integer, Map<Integer, Integer>> events = new HashMap<>();
        for (Call call : calls) {
            Map<Integer, Integer> now = Map.of();
            if (!call.isCaptured() && call.stream() >= 0) {
                Map<Integer, Integer> clock = streams.computeIfAbsent(call.stream(), stream -> new HashMap<>());
                if (call.is("cudaEventRecord")) {
                    events.put(call.event(), Map.copyOf(clock));
                } else if (call.is("cudaStreamWaitEvent")) {
                    events.getOrDefault(call.event(), Map.of())
                            .forEach((stream, done) -> clock.merge(stream, done, Math::max));
                } else if (isWork(call)) {
                    clock.merge(call.stream(), 1, Integer::sum);
                    now = Map.copyOf(clock);
                }
            }
            clocks.add(now);
        }
    }

    /** True: the call is work of the device's; false: it is the host's, or was recorded for a graph. */
    static boolean isWork(Call call) {
        return WORK.contains(call.name()) && !call.isCaptured();
    }

    /** True: the device has done the work of one place before it begins that of another; false: nothing sees to that. */
    boolean isBefore(int earlier, int later) {
        int stream = calls.get(earlier).stream();
        return clocks.get(later).getOrDefault(stream, 0) >= clocks.get(earlier).get(stream) && earlier != later;
    }
}
