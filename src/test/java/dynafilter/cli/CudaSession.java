package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;

import dynafilter.cli.CudaStandIn.Run;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * A process of the program on the stand-in for CUDA's libraries that runs command lines one after the other, so that the natives
 * are loaded once. Behind each it gives back what libtorch keeps of the device's memory.
 */
final class CudaSession implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 300;
    private static final String ANSWER = "ended with ";
    private static final String BETWEEN = "\t";

    private final Path folder;
    private final Path log;
    private final Path errors;
    private final Process process;
    private final PrintWriter requests;
    private final BufferedReader answers;
    private final ExecutorService reader = Executors.newSingleThreadExecutor();
    private final Set<String> set = new TreeSet<>(); // the settings that some command line was run with
    private int logged; // bytes of the log that belong to earlier command lines
    private int said; // bytes that the natives have printed for those
    private int runs;

    private CudaSession(Path folder) throws IOException {
        this.folder = folder;
        log = folder.resolve("session.log");
        errors = folder.resolve("session.err");
        List<String> words = new ArrayList<>(ChildProcess.java(Path.of(System.getProperty("java.home"))));
        words.set(words.size() - 1, CudaSession.class.getName());
        ProcessBuilder builder =
                new ProcessBuilder(words).directory(folder.toFile()).redirectError(errors.toFile());
        builder.environment().put("CUDA_STANDIN_LOG", log.toString());
        process = builder.start();
        requests = new PrintWriter(process.getOutputStream(), true, UTF_8);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    /** Starts one in a folder of its own. */
    static CudaSession in(Path folder) throws IOException {
        return new CudaSession(Files.createTempDirectory(folder, "session"));
    }

    /**
     * Runs a command line.
     *
     * @param settings of the stand-in for this one, by their names without CUDA_STANDIN_; none for the first, which loads it
     */
    Run run(Map<String, Object> settings, Object... arguments) throws IOException, InterruptedException {
        String name = "run" + runs++;
        List<String> words = new ArrayList<>(List.of(folder.resolve(name).toString()));
        set.addAll(settings.keySet());
        set.forEach(setting -> words.add(setting + "=" + settings.getOrDefault(setting, "")));
        words.add("--");
        CudaStandIn.words(CudaStandIn.libraries(), arguments).forEach(word -> words.add(word.toString()));
        requests.println(String.join(BETWEEN, words));
        int code = answer();
        byte[] ofNatives = behind(said, errors);
        said += ofNatives.length;
        String err = new String(ofNatives, UTF_8) + Files.readString(folder.resolve(name + ".err"));
        byte[] calls = behind(logged, log);
        logged += calls.length;
        Path part = Files.write(folder.resolve(name + ".log"), calls);
        return new Run(
                new CommandResult(code, Files.readString(folder.resolve(name + ".out")), err), CudaLog.read(part));
    }

    private static byte[] behind(int place, Path file) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        return Arrays.copyOfRange(whole, place, whole.length);
    }

    private int answer() throws IOException, InterruptedException {
        try {
            String line = reader.submit(answers::readLine).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (line == null || !line.startsWith(ANSWER)) {
                fail("the session broke off: " + line + "\n" + Files.readString(errors));
            }
            return Integer.parseInt(line.substring(ANSWER.length()));
        } catch (TimeoutException | ExecutionException lost) {
            return fail("no answer; " + Files.readString(errors), lost);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        reader.shutdownNow();
    }

    /** In the process itself: each line is a command line, behind the file to write to and the stand-in's settings. */
    public static void main(String[] none) throws IOException {
        PrintStream answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            List<String> words = List.of(line.split(BETWEEN, -1));
            int settings = words.indexOf("--");
            for (String setting : words.subList(1, settings)) {
                String[] pair = setting.split("=", 2);
                torch.set_env("CUDA_STANDIN_" + pair[0], pair[1], /* overwrite= */ true);
            }
            CommandResult outcome =
                    CommandResult.of(words.subList(settings + 1, words.size()).toArray());
            if (torch.cuda_is_available()) {
                torch_cuda.device_synchronize();
                torch_cuda.getAllocator().emptyCache();
            }
            Files.writeString(Path.of(words.get(0) + ".out"), outcome.out());
            Files.writeString(Path.of(words.get(0) + ".err"), outcome.err());
            answers.println(ANSWER + outcome.code());
        }
    }
}
