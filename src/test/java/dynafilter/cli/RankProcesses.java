package dynafilter.cli;

import dynafilter.run.Version;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/** Processes of the program that a launcher other than the program itself starts, and what can happen to them. */
final class RankProcesses {
    private RankProcesses() {}

    /** The words that start this test's Java with further environment variables. */
    static List<String> java(Map<String, String> environment) {
        List<String> words = new ArrayList<>(List.of("env"));
        environment.forEach((name, value) -> words.add(name + "=" + value));
        words.addAll(ChildProcess.java(Path.of(System.getProperty("java.home"))));
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

    /** The words that start one of so many tasks of a Slurm job step. */
    static List<String> slurmTask(int task, int tasks, int port) {
        return java(Map.of(
                "SLURM_PROCID", String.valueOf(task),
                "SLURM_LOCALID", String.valueOf(task),
                "SLURM_NTASKS", String.valueOf(tasks),
                "SLURM_STEP_TASKS_PER_NODE", String.valueOf(tasks),
                "SLURM_JOB_ID", "1",
                "SLURM_STEP_ID", "0",
                "SLURM_STEP_NODELIST", "localhost",
                "MASTER_PORT", String.valueOf(port)));
    }

    /** The same as {@link #rank} of a program that says it has another version. */
    static List<String> ofVersion(String version, Path folder, int rank, int size, int port) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
        Path jar = folder.resolve("version-" + version + ".jar");
        Path classes =
                Path.of("dynafilter", "run"); // all of the package, whose version is that of its first class's jar
        Path root = Path.of(Version.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                Stream<Path> files = Files.list(root.resolve(classes))) {
            for (Path file : files.toList()) {
                out.putNextEntry(new ZipEntry("dynafilter/run/" + file.getFileName()));
                Files.copy(file, out);
            }
        }
        return rank(rank, size, port).stream()
                .map(word ->
                        word.equals(System.getProperty("java.class.path")) ? jar + File.pathSeparator + word : word)
                .toList();
    }

    /** Sends a signal to a process. */
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
