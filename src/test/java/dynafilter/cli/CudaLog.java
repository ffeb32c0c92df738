package dynafilter.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** What was called of the stand-in for CUDA's libraries, in order. */
record CudaLog(Path file, List<Call> calls) {
    private static final Pattern LINE = Pattern.compile("(\\d+\\.\\d+) (\\S+) ?(.*?)(?: = (\\d+))?");
    private static final Pattern SIZE = Pattern.compile("\\bsize=(\\d+)");
    private static final Pattern STREAM = Pattern.compile("\\bstream=(\\d+)");
    private static final Pattern EVENT = Pattern.compile("\\bevent=(\\d+)");

    /** What differs between runs that do the same. */
    private static final Pattern PLACE = Pattern.compile("@0x\\p{XDigit}+| stream=\\d+| event=\\d+");

    /** Calls that return when the device is done, or may have to wait until it is. */
    private static final Set<String> WAITS = Set.of(
            "cudaStreamSynchronize",
            "cudaDeviceSynchronize",
            "cudaEventSynchronize",
            "cudaMemcpy",
            "cudaMemset",
            "cudaMalloc",
            "cudaFree",
            "cudaHostAlloc",
            "cudaFreeHost");

    /** The last kernels of an optimizer's step. */
    private static final Pattern OPTIMIZER = Pattern.compile(".*Fused(Sgd|Adam).*");

    /**
     * @param seconds of a clock that only runs forwards
     * @param name of the function; of every kernel {@code kernel}
     * @param details what it was called with
     * @param code that it answered; 0 where it succeeded
     */
    record Call(double seconds, String name, String details, int code) {
        boolean is(String function) {
            return name.equals(function);
        }

        boolean isCaptured() {
            return details.endsWith(" captured");
        }

        /** Of the kernel that was launched. */
        String kernel() {
            return details.split(" ", 2)[0];
        }

        boolean waits() {
            return WAITS.contains(name) || (is("cudaMemcpyAsync") && details.contains("to=pageable"));
        }

        long size() {
            return Math.max(0, number(SIZE));
        }

        /** The number of its stream; 0 is the default one, -1: it is of none. */
        int stream() {
            return Math.toIntExact(number(STREAM));
        }

        /** The number of its event; -1: it is of none. */
        int event() {
            return Math.toIntExact(number(EVENT));
        }

        private long number(Pattern pattern) {
            Matcher matcher = pattern.matcher(details);
            return matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
        }

        /** Of a copy, {@code from} or {@code to} which it goes. */
        String address(String side) {
            Matcher matcher = Pattern.compile(side + "=\\w+@(\\S+)").matcher(details);
            return matcher.find() ? matcher.group(1) : "";
        }
    }

    static CudaLog read(Path file) throws IOException {
        List<Call> calls = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                String code = matcher.group(4);
                calls.add(new Call(
                        Double.parseDouble(matcher.group(1)),
                        matcher.group(2),
                        matcher.group(3),
                        code == null ? 0 : Integer.parseInt(code)));
            }
        }
        return new CudaLog(file, List.copyOf(calls));
    }

    int[] places(Predicate<Call> which) {
        return IntStream.range(0, calls.size())
                .filter(at -> which.test(calls.get(at)))
                .toArray();
    }

    long count(String function) {
        return places(call -> call.is(function)).length;
    }

    /** Where graphs were launched. */
    int[] launches() {
        return places(call -> call.is("cudaGraphLaunch"));
    }

    /** Where steps ended that were not captured: the last kernel of each optimizer's step. */
    int[] stepEnds() {
        int[] kernels = places(call -> call.is("kernel") && !call.isCaptured());
        return IntStream.range(0, kernels.length)
                .filter(i -> isOptimizer(kernels[i]) && (i + 1 == kernels.length || !isOptimizer(kernels[i + 1])))
                .map(i -> kernels[i])
                .toArray();
    }

    private boolean isOptimizer(int at) {
        return OPTIMIZER.matcher(calls.get(at).kernel()).matches();
    }

    /** Kernels that ran, not those that were recorded, behind one place up to another. */
    List<String> kernels(int behind, int to) {
        return calls.subList(behind + 1, to + 1).stream()
                .filter(call -> call.is("kernel") && !call.isCaptured())
                .map(Call::kernel)
                .toList();
    }

    /** Kernels that were recorded for a graph. */
    List<String> captured() {
        return calls.stream()
                .filter(call -> call.is("kernel") && call.isCaptured())
                .map(Call::kernel)
                .toList();
    }

    /** What the device was told to do behind one place up to another, without what differs from run to run. */
    List<String> work(int behind, int to) {
        return calls.subList(behind + 1, to + 1).stream()
                .filter(StreamOrder::isWork)
                .map(call -> call.name() + " " + PLACE.matcher(call.details()).replaceAll(""))
                .toList();
    }

    /** Calls that did not succeed. */
    List<Call> failures() {
        return calls.stream().filter(call -> call.code() != 0).toList();
    }

    /** What waits for the device between two places. */
    List<Call> waits(int from, int to) {
        return calls.subList(from, to + 1).stream().filter(Call::waits).toList();
    }

    /** Bytes of a kind of memory that were allocated and not freed before a place. */
    long held(String allocate, String free, int before) {
        return calls.subList(0, before).stream()
                .filter(call -> call.code() == 0)
                .mapToLong(call -> call.is(allocate) ? call.size() : call.is(free) ? -call.size() : 0)
                .sum();
    }
}
