package dynafilter.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Processes of the program that a launcher other than the program itself starts, and what can happen to them. */
final class Ranks {
    private Ranks() {}

    /** The words that start this test's Java with further environment variables. */
    static List<String> java(Map<String, String> environment) {
        List<String> words = new ArrayList<>(List.of("env"));
        environment.forEach((name, value) -> words.add(name + "=" + value));
        words.addAll(Child.java(Path.of(System.getProperty("java.home"))));
        return words;
    }

    /** The words that start one of so many ranks. */
    static List<String> rank(int rank, int size, int port) {
        return java(Map.of(
                "RANK", String.valueOf(rank),
                "LOCAL_RANK", String.valueOf(rank),
                "WORLD_SIZE", String.valueOf(size),
                "LOCAL_WORLD_SIZE", String.valueOf(size),
                "MASTER_ADDR", "127.0.0.1",
                "MASTER_PORT", String.valueOf(port)));
    }

    /** Sends a signal to the process that a message names: "rank 1 (process 4711 on host)". */
    static void signal(String signal, long process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process))
                .start()
                .waitFor();
    }

    /** The workers that a process has started, itself or through another, in the order of their start. */
    static List<Long> workers(long parent) {
        Stream<ProcessHandle> descendants = ProcessHandle.of(parent).stream().flatMap(ProcessHandle::descendants);
        return descendants
                .filter(process -> process.info().command().orElse("").endsWith("java"))
                .map(ProcessHandle::pid)
                .sorted()
                .toList();
    }
}
