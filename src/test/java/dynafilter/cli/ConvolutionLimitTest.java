package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.runfolder.Environment;
import dynafilter.runfolder.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The instructions of convolutions, in processes of one command: all of them where the network's sizes are right with them. */
class ConvolutionLimitTest {
    private static final String[] RUN = {
        "train",
        "--data",
        "sample",
        "--backbone",
        "random",
        "--limit-train",
        "128",
        "--limit-test",
        "64",
        "--batch-size",
        "64"
    };

    @TempDir
    private Path folder;

    @Test
    void aNetworkThatIsRightWithAllInstructionsUsesThem() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        train("--epochs", "1", "--out", run);
        assertEquals(Environment.ALL_INSTRUCTIONS, convolutions(run));
        train("--epochs", "2", "--resume", run);
        assertEquals(Environment.ALL_INSTRUCTIONS, convolutions(run), "a run goes on with what it began with");
    }

    /** Where convolutions need a limit for some networks; elsewhere there is none to keep. */
    @Test
    void aRunThatBeganWithALimitKeepsIt() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        train("--epochs", "1", "--out", run);
        Path config = run.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replaceFirst(",\\s*\"convolutions\" : \"all\"", "")); // an earlier version's
        assertTrue(text.length() > Files.size(config));
        String told = train("--epochs", "2", "--resume", run);
        assertEquals(
                told.contains("convolutions limited to AVX2") ? "AVX2" : Environment.ALL_INSTRUCTIONS,
                convolutions(run));
    }

    private String train(Object... more) throws IOException, InterruptedException {
        Object[] all = new Object[RUN.length + more.length];
        System.arraycopy(RUN, 0, all, 0, RUN.length);
        System.arraycopy(more, 0, all, RUN.length, more.length);
        try (ChildProcess program = ChildProcess.startFree(
                folder, Map.of(), ChildProcess.java(Path.of(System.getProperty("java.home"))), all)) {
            CommandResult result = program.await();
            assertEquals(0, result.code(), result.toString());
            return result.out() + result.err();
        }
    }

    private static String convolutions(Path run) {
        return Objects.requireNonNull(RunConfig.read(run.resolve("config.json")).environment())
                .convolutions();
    }
}
