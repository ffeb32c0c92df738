package dynafilter.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.NativeScope;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The logic of scripts/gpu-acceptance, with a program that only pretends, and with the real one on the CPU. */
@EnabledOnOs(OS.LINUX)
@ExtendWith(NativeScope.class)
class GpuAcceptanceTest {
    /** Gives files of the folder FIXTURES by the names of the folders and files it is asked for; as a shell, too. */
    private static final String PRETENDER = """
            #!/bin/sh
            if [ "$1" = shell ]; then
                echo started >>"$FIXTURES/shells"
                while read -r line; do
                    eval "sh '$0' $line" </dev/null
                    echo "dynafilter shell: exit code $? (command 1, 0.1 s)"
                    [ ! -e "$FIXTURES/crashes" ] || exit 134
                done
                exit 0
            fi
            command=$1
            while [ $# -gt 0 ]; do
                case $1 in --json) json=$2 ;; --out) out=$2 ;; --scores) scores=$2 ;; --cuda-graph) graph=$2 ;; esac
                shift
            done
            [ "$command" = "$HANGS" ] && { sleep 60 & echo $! >"$FIXTURES/child"; wait; exit 1; }
            [ "$command" = "$FAILS" ] && { echo "dynafilter: no such thing" >&2; exit 1; }
            [ ! -e "$FIXTURES/says" ] || cat "$FIXTURES/says"
            [ -z "$SLOW" ] || sleep "$SLOW"
            echo "{\\"cuda_graph\\": $([ "$graph" = off ] && echo false || echo true)}" >"$json"
            if [ -n "$out" ]; then
                mkdir -p "$out"
                cp "$FIXTURES/$(basename "$out").pt" "$out/last.pt"
                cp "$FIXTURES/$(basename "$out").csv" "$out/history.csv"
            fi
            [ -z "$scores" ] || cp "$FIXTURES/$(basename "$scores")" "$scores"
            exit 0
            """;

    @TempDir
    private Path folder;

    private Path fixtures;
    private Path program;

    @BeforeEach
    void makeTheProgram() throws IOException {
        Script.needs("python3");
        fixtures = Files.createDirectories(folder.resolve("fixtures"));
        program = program(PRETENDER);
    }

    private Path program(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("program"), text);
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }

    private Script accept(String environment, Object... options) throws IOException, InterruptedException {
        List<Object> words = new ArrayList<>(List.of("env", "FIXTURES=" + fixtures));
        words.addAll(List.of(environment.split(" ", -1)));
        words.addAll(List.of("python3", "scripts/gpu-acceptance", folder.resolve("out"), "--program", program));
        words.addAll(List.of(options));
        return Script.run(120, words.toArray());
    }

    private JsonNode part(String name) throws IOException {
        JsonNode report = new ObjectMapper()
                .readTree(folder.resolve("out/acceptance.json").toFile());
        for (JsonNode part : report.get("parts")) {
            if (part.get("name").asText().equals(name)) {
                return part;
            }
        }
        throw new AssertionError("no part " + name + " in " + report);
    }

    private void loss(String run, double loss) throws IOException {
        Files.writeString(fixtures.resolve(run + ".csv"), "epoch,train_loss\n1,9\n2," + loss + "\n");
        Files.writeString(fixtures.resolve(run + ".pt"), "");
    }

    @Test
    void aPartThatFailsDoesNotStopTheOthers() throws IOException, InterruptedException {
        loss("sanity-fp32", 2.0);
        loss("sanity-bf16", 2.2);
        Script script = accept("FAILS=doctor", "--device", "cpu", "--only", "doctor,graph,bf16");
        assertEquals(1, script.code(), script.err());
        assertEquals("failed", part("doctor").get("status").asText());
        assertTrue(
                part("doctor").get("detail").asText().contains("exit code 1 instead of 0: dynafilter: no such thing"));
        assertEquals("skipped", part("graph").get("status").asText());
        assertEquals("needs CUDA", part("graph").get("detail").asText());
        assertTrue(part("bf16")
                .get("detail")
                .asText()
                .startsWith("the training loss in bf16 differs from fp32's by: 1.00e-01"));
        assertTrue(script.out().contains("FAILED: doctor, bf16, in "), script.out());
        assertTrue(script.out().lines().limit(3).allMatch(line -> line.length() <= 110), script.out());
        loss("sanity-bf16", 2.02);
        Script again = accept("FAILS=", "--device", "cpu", "--only", "bf16", "--overwrite");
        assertEquals(0, again.code(), again.out());
        assertEquals("passed", part("bf16").get("status").asText());
    }

    /** The small runs share one process; after a failure, or its own end, the next ones have a new one. */
    @Test
    void oneProcessServesTheSmallRuns() throws IOException, InterruptedException {
        parity(1, 1, 1, 1);
        Path shells = fixtures.resolve("shells");
        assertEquals(
                0,
                accept("FAILS=", "--device", "cpu", "--only", "doctor,parity").code());
        assertEquals(1, Files.readAllLines(shells).size());
        assertEquals(
                "$ " + program + " doctor --json " + folder.resolve("out/doctor.json") + " --device cpu\n",
                Files.readString(folder.resolve("out/logs/01-doctor.log")));
        Files.writeString(fixtures.resolve("says"), "a warning\n");
        accept("FAILS=doctor", "--device", "cpu", "--only", "doctor,parity", "--overwrite");
        assertEquals(3, Files.readAllLines(shells).size());
        assertEquals("passed", part("parity").get("status").asText());
        String log = Files.readString(folder.resolve("out/logs/02-train-gradient-host.log"));
        assertEquals(2, log.lines().count(), log);
        assertTrue(log.endsWith("\na warning\n"), log);
        Files.writeString(fixtures.resolve("crashes"), "");
        accept("FAILS=", "--device", "cpu", "--only", "parity", "--overwrite");
        String detail = part("parity").get("detail").asText();
        assertTrue(detail.startsWith("exit code 134 instead of 0: "), detail);
    }

    @Test
    void aPartThatHangsIsEndedWithItsChildren() throws IOException, InterruptedException {
        Script script = accept("HANGS=train", "--device", "cpu", "--only", "bf16,doctor", "--minutes", "0.02");
        assertEquals(1, script.code());
        assertTrue(part("bf16").get("detail").asText().startsWith("ran out of time in 01-train-sanity-fp32.log"));
        assertEquals("no time is left", part("doctor").get("detail").asText());
        String child = Files.readString(fixtures.resolve("child")).strip();
        Path status = Path.of("/proc", child, "status"); // a zombie is dead, if nobody has asked for it yet
        assertTrue(!Files.exists(status) || Files.readString(status).contains("State:\tZ"), "the child lives on");
    }

    @Test
    void whatIsKilledLeavesAWholeReport() throws IOException, InterruptedException {
        ProcessBuilder command = new ProcessBuilder(
                        "python3",
                        "scripts/gpu-acceptance",
                        folder.resolve("out").toString(),
                        "--program",
                        program.toString(),
                        "--only",
                        "doctor,bf16,graph")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("printed").toFile());
        command.environment().putAll(Map.of("FIXTURES", fixtures.toString(), "HANGS", "train"));
        Process process = command.start();
        Path child = fixtures.resolve("child");
        for (int i = 0; i < 600 && !(Files.exists(child) && Files.size(child) > 0); i++) {
            Thread.sleep(100);
        }
        process.destroyForcibly().waitFor();
        ProcessHandle.of(Long.parseLong(Files.readString(child).strip())).ifPresent(ProcessHandle::destroy);
        assertEquals("passed", part("doctor").get("status").asText());
        String report = Files.readString(folder.resolve("out/report.txt"));
        assertTrue(report.startsWith("doctor         passed"), report);
        assertTrue(report.endsWith("not finished: bf16, graph\n"), report);
    }

    @Test
    void aPartThatDoesNotFitIsSkipped() throws IOException, InterruptedException {
        loss("sanity-fp32", 2.0);
        loss("sanity-bf16", 2.0);
        Script script = accept("SLOW=0.7", "--only", "bf16,peer-compiled,doctor", "--minutes", "0.2");
        assertEquals(0, script.code(), script.out());
        assertEquals("passed", part("bf16").get("status").asText());
        String detail = part("peer-compiled").get("detail").asText();
        assertTrue(detail.matches("needs some \\d+ s, and \\d+ s are left"), detail);
        assertEquals("passed", part("doctor").get("status").asText());
    }

    @Test
    void aGraphMustEqualSingleOperatorsToTheBit() throws IOException, InterruptedException {
        Tensor values = torch.arange(new Scalar(1), new Scalar(13)).view(3, 4).mul(new Scalar(1.0));
        Tensor next = values.clone();
        next.select(0, 2).select(0, 3).fill_(new Scalar(Math.nextUp(12f)));
        for (String optimizer : new String[] {"sgd", "adamw", "muon"}) {
            write("graph-off-" + optimizer, values, values);
            write("graph-on-" + optimizer, values, values);
        }
        Script passed = accept("FAILS=", "--only", "graph");
        assertEquals(0, passed.code(), passed.out());
        assertEquals(2, part("graph").get("findings").get("sgd").get("tensors").asInt());
        write("graph-on-adamw", values, next);
        assertEquals(1, accept("FAILS=", "--only", "graph", "--overwrite").code());
        String detail = part("graph").get("detail").asText();
        assertTrue(detail.startsWith("adamw in bf16: 1 of 2 tensors differ, by "), detail);
        assertTrue(detail.endsWith("such as /optimizer/state/0/momentum_buffer"), detail);
        Files.writeString(fixtures.resolve("says"), "the step cannot be captured as a CUDA graph\n");
        assertEquals(1, accept("FAILS=", "--only", "graph", "--overwrite").code());
        assertEquals(
                "graph-off-sgd: the step cannot be captured as a CUDA graph",
                part("graph").get("detail").asText());
    }

    /** The files of a parity check, the device's off by a factor. */
    private void parity(double gradient, double parameter, double muon, double score) throws IOException {
        Tensor values = torch.arange(new Scalar(1), new Scalar(13)).view(3, 4);
        for (String side : new String[] {"host", "device"}) {
            boolean host = side.equals("host");
            write("gradient-" + side, values, values.mul(new Scalar(host ? 1 : gradient)));
            // another memory format is another stride in the file, and the same tensor
            Tensor trained = values.mul(new Scalar(1.001 * (host ? 1 : parameter)));
            write("twenty-" + side, host ? trained : trained.t().contiguous().t(), values);
            write("muon-" + side, values.mul(new Scalar(1.01 * (host ? 1 : muon))), values);
            TorchFile.write(
                    fixtures.resolve("scores-" + side + ".pt"),
                    Map.of("scores", values.mul(new Scalar(host ? 1 : score)), "labels", torch.arange(new Scalar(3))));
        }
    }

    private void write(String name, Tensor model, Tensor momentum) throws IOException {
        Files.writeString(fixtures.resolve(name + ".csv"), "");
        TorchFile.write(
                fixtures.resolve(name + ".pt"),
                Map.of(
                        "model", Map.of("weight", model),
                        "optimizer", Map.of("state", Map.of(0L, Map.of("momentum_buffer", momentum)))));
    }

    @Test
    void parityIsMeasuredInTheFiles() throws IOException, InterruptedException {
        parity(1.0001, 1.00001, 1.0001, 1.00005);
        Script passed = accept("FAILS=", "--only", "parity");
        assertEquals(0, passed.code(), passed.out());
        JsonNode findings = part("parity").get("findings");
        assertEquals(1e-4, findings.get("gradients").asDouble(), 1e-6);
        assertEquals(1e-5, findings.get("parameters").asDouble(), 1e-6);
        assertEquals(1e-2, findings.get("moved").asDouble(), 1e-3, "they have moved by a thousandth");
        assertEquals(5e-5, findings.get("scores").asDouble(), 1e-6);
        double[][] wrong = {
            {1.05, 1, 1, 1},
            {1, 1.01, 1, 1},
            {1, 1.00009, 1, 1},
            {1, 1, 1.01, 1},
            {1, 1, 1.0009, 1},
            {1, 1, 1, 1.01},
            {1, Double.NaN, 1, 1}
        };
        String[] messages = {
            "gradients differ: 5.00e-02",
            "parameters after 20 steps differ",
            "the way that parameters went in 20 steps differs",
            "by Muon: parameters after 3 steps differ",
            "by Muon: the way that parameters went in 3 steps differs",
            "scores differ",
            "NaN"
        };
        for (int i = 0; i < wrong.length; i++) {
            parity(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3]);
            assertEquals(1, accept("FAILS=", "--only", "parity", "--overwrite").code());
            String detail = part("parity").get("detail").asText();
            assertTrue(detail.contains(messages[i]), detail);
        }
    }

    @Test
    void refusesWhatItCannotDo() throws IOException, InterruptedException {
        assertEquals(2, accept("FAILS=", "--only", "parity,dance").code());
        assertEquals(2, accept("FAILS=", "--program", folder.resolve("none")).code());
        Files.createDirectories(folder.resolve("out/something"));
        Script script = accept("FAILS=", "--only", "doctor");
        assertEquals(2, script.code());
        assertTrue(script.err().contains("is not empty; give --overwrite"), script.err());
    }

    @Test
    void withTheCpuStandingInTheRealProgramPasses() throws IOException, InterruptedException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        program("#!/bin/sh\nexport OMP_NUM_THREADS=1 # a group shares the cores instead\n"
                + "[ \"$1\" = shell ] || set -- \"$@\" --threads 1\n"
                + "exec '" + java + "' -XX:TieredStopAtLevel=1 -cp '" + System.getProperty("java.class.path")
                + "' dynafilter.cli.Main \"$@\"\n");
        Script script = accept("FAILS=", "--device", "cpu", "--quick", "--only", "parity,graph,group");
        assertEquals(0, script.code(), script.out());
        assertEquals(
                "gradients 0.0e+00, parameters 0.0e+00, their way 0.0e+00, scores 0.0e+00",
                part("parity").get("detail").asText());
        assertEquals(
                "of one: parameters 0.0e+00, their way 0.0e+00",
                part("group").get("detail").asText());
        JsonNode report = new ObjectMapper()
                .readTree(folder.resolve("out/acceptance.json").toFile());
        assertEquals(2, report.get("processes").asInt(), "the shell, and the group's");
    }
}
