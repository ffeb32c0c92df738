package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.runtime.CudaDiagnosis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** On a machine without a GPU; some with the natives of the build that this test runs in ({@code mvn -Pcuda test}). */
class DoctorCommandTest {
    @TempDir
    private Path folder;

    @Test
    void tellsWhatWorksAndWhatIsInTheWay() throws IOException {
        assumeTrue(!CudaDiagnosis.ofMachine(null).hasDriver(), "this machine has an NVIDIA driver");
        Path file = folder.resolve("doctor.json");
        CommandResult outcome = CommandResult.ofSuccess("doctor", "--json", file);
        assertEquals("cpu        works", outcome.line("cpu        w"));
        assertTrue(outcome.line("pictures").matches("pictures +JPEG library [0-9a-f]{12}"), outcome.out());
        assertTrue(outcome.line("natives").matches("natives +unpacked in /.*"), outcome.out());
        assertTrue(outcome.line("driver").endsWith("none"), outcome.out());
        assertTrue(outcome.line("cuda ").startsWith("cuda       does not work: "), outcome.out());
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertEquals("works", json.at("/devices/cpu").asText());
        for (String format : List.of("torchscript", "safetensors", "pt2")) {
            assertEquals(
                    "format     " + format + ": "
                            + json.at("/formats/" + format).asText(),
                    outcome.line("format     " + format));
        }
        String pt2 = json.at("/formats/pt2").asText();
        assertTrue(pt2.startsWith("written, not read here: Python reads it by torch.export.load"), pt2);
        assertEquals(
                outcome.line("cuda ").replace("cuda       does not work: ", ""),
                json.at("/devices/cuda").asText());
        assertEquals(1, CommandResult.of("doctor", "--device", "cuda").code());
        assertEquals(0, CommandResult.of("doctor", "--device", "cpu").code());
    }

    @Test
    void aFolderOfLibrariesMustBeThere() {
        for (String command : new String[] {"doctor", "train"}) {
            CommandResult.of(command, "--cuda-libs", folder.resolve("none"))
                    .assertRefused("--cuda-libs " + folder.resolve("none"), "there is no such folder");
        }
    }

    /** OpenBLAS would end the process without a word that helps. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void tooLittleAddressSpaceIsSaidBeforeItEndsTheProcess() throws IOException, InterruptedException {
        List<String> program = new ArrayList<>(List.of("sh", "-c", "ulimit -v 1200000; exec \"$@\"", "sh"));
        program.addAll(ChildProcess.java(
                Path.of(System.getProperty("java.home")),
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-XX:CompressedClassSpaceSize=16m"));
        try (ChildProcess child = ChildProcess.start(folder, program, "data", "info", "--data", "sample")) {
            child.await()
                    .assertRefused(
                            "cannot load libtorch: only 0.", " GB of address space are left (ulimit -v)", "JAVA_OPTS=");
        }
    }

    @Test
    void theCudaBuildListsItsLibrariesAndGoesOnOnTheCpu() throws IOException {
        assumeTrue(CudaDiagnosis.isBuilt(), "these are the CPU natives; mvn -Pcuda test has the others");
        assumeTrue(!CudaDiagnosis.ofMachine(null).hasDriver(), "this machine has an NVIDIA driver");
        CommandResult doctor = CommandResult.ofSuccess("doctor");
        assertTrue(doctor.line("  libcudart.so.13").contains("/libcudart.so.13"), doctor.out());
        assertTrue(doctor.line("GPU code").contains("9.0"), doctor.out());
        Path data = TinyRuns.data(folder.resolve("data"));
        CommandResult.of(TinyRuns.train(data, folder.resolve("refused"), "--device", "cuda"))
                .assertRefused("--device cuda: there is no NVIDIA driver here", "--device cpu always works");
        CommandResult outcome =
                CommandResult.ofSuccess(TinyRuns.train(data, folder.resolve("run"), "--device", "auto"));
        assertTrue(outcome.line("device").contains("cpu, "), outcome.out());
        assertTrue(outcome.line("device").contains("there is no NVIDIA driver here"), outcome.out());
    }
}
