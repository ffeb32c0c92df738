package dynafilter.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The files that start the program on clusters, read by real parsers; no cluster runs them here. */
@EnabledOnOs(OS.LINUX)
class ClusterFilesTest {
    private static final Path SBATCH = Path.of("scripts", "slurm.sbatch");

    /** An option of train, as it stands in a script or a manifest. */
    private static final Pattern OPTION = Pattern.compile("(?m)^(?:    |)(--[a-z-]+)\\b");

    /** The documents of a YAML file, by PyYAML. */
    private static JsonNode documents(String name) throws IOException, InterruptedException {
        String variable = System.getenv("DYNAFILTER_PYTHON");
        String python = variable == null ? "python3" : variable;
        assumeTrue(
                variable != null
                        || Script.run(60, "sh", "-c", "python3 -c 'import yaml'")
                                        .code()
                                == 0,
                "PyYAML is not installed; name a Python that has it by DYNAFILTER_PYTHON");
        String read = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
        Script script = Script.run(60, python, "-c", read, Path.of("scripts", name));
        assertEquals(0, script.code(), script.err());
        return new ObjectMapper().readTree(script.out());
    }

    private static String trainHelp() throws IOException, InterruptedException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Script help = Script.run(
                60, java, "-cp", System.getProperty("java.class.path"), "dynafilter.cli.Main", "train", "--help");
        assertEquals(0, help.code(), help.err());
        return help.out();
    }

    private static void assertOptionsOfTrain(String words) throws IOException, InterruptedException {
        String help = trainHelp();
        List<String> options = new ArrayList<>();
        for (Matcher matcher = OPTION.matcher(words); matcher.find(); ) {
            options.add(matcher.group(1));
        }
        assertTrue(options.containsAll(List.of("--data", "--out", "--dist-timeout")), words);
        for (String option : options) {
            assertTrue(help.contains("  " + option + " "), option + " is no option of train");
        }
    }

    private static String lines(JsonNode args) {
        StringBuilder text = new StringBuilder();
        args.forEach(argument -> text.append(argument.asText()).append('\n'));
        return text.toString();
    }

    @Test
    void theManifestOfKubeflowTrainer() throws IOException, InterruptedException {
        JsonNode documents = documents("kubernetes-trainjob.yaml");
        assertEquals(2, documents.size());
        JsonNode runtime = documents.get(0);
        JsonNode job = documents.get(1);
        assertEquals("TrainingRuntime", runtime.at("/kind").asText());
        assertEquals("TrainJob", job.at("/kind").asText());
        assertEquals(runtime.at("/metadata/name"), job.at("/spec/runtimeRef/name"));
        assertEquals(runtime.at("/kind"), job.at("/spec/runtimeRef/kind"));
        JsonNode replicated = runtime.at("/spec/template/spec/replicatedJobs/0");
        JsonNode pod = replicated.at("/template/spec/template/spec");
        assertEquals("node", replicated.at("/name").asText());
        assertEquals("node", pod.at("/containers/0/name").asText());
        assertEquals(
                "trainer",
                replicated
                        .at("/template/metadata/labels")
                        .get("trainer.kubeflow.org/trainjob-ancestor-step")
                        .asText());
        assertEquals(10001, pod.at("/securityContext/runAsUser").asInt());
        String args = lines(job.at("/spec/trainer/args"));
        assertOptionsOfTrain(args);

        JsonNode older = documents("kubernetes-pytorchjob.yaml").get(0);
        JsonNode container = older.at("/spec/pytorchReplicaSpecs/Worker/template/spec/containers/0");
        assertEquals(args, lines(container.at("/args")));
        assertEquals(pod.at("/containers/0/image"), container.at("/image"));
    }

    /** The shell line that gives the program its rank, run with a program that tells what it got. */
    @Test
    void theManifestHandsOnRankAndArguments() throws IOException, InterruptedException {
        JsonNode command = documents("kubernetes-trainjob.yaml")
                .get(0)
                .at("/spec/template/spec/replicatedJobs/0/template/spec/template/spec/containers/0/command");
        List<Object> words = new ArrayList<>(List.of(
                "env",
                "PET_NODE_RANK=3",
                "PET_NNODES=4",
                "PET_MASTER_ADDR=dynafilter-node-0-0",
                "PET_MASTER_PORT=29500"));
        command.forEach(word -> words.add(word.asText()
                .replace(
                        "/opt/dynafilter/bin/dynafilter",
                        "sh -c 'echo $RANK $WORLD_SIZE $MASTER_ADDR $MASTER_PORT $*' -")));
        words.addAll(List.of("train", "--out=/data"));
        Script script = Script.run(60, words.toArray());
        assertEquals("3 4 dynafilter-node-0-0 29500 train --out=/data\n", script.out(), script.err());
    }

    @Test
    void theBatchScriptOfSlurm() throws IOException, InterruptedException {
        Script.needs("bash");
        Script script = Script.run(60, "bash", "-n", SBATCH);
        assertEquals(0, script.code(), script.err());
        String text = Files.readString(SBATCH);
        // sbatch stops reading options at the first command.
        int commands = text.indexOf("\nset -euo pipefail\n");
        assertTrue(commands > text.lastIndexOf("#SBATCH "), "an option comes too late");
        text.lines()
                .filter(line -> line.startsWith("#SBATCH"))
                .forEach(line -> assertTrue(line.matches("#SBATCH --[a-z-]+(=\\S+)?"), line));
        assertOptionsOfTrain(text.substring(text.indexOf(" train ", commands)));
    }

    @Test
    void theDockerfile() throws IOException, InterruptedException {
        Path file = Path.of("Dockerfile");
        String text = Files.readString(file);
        assertTrue(text.contains(" AS cpu\n") && text.contains(" AS cuda\n"), text);
        assertEquals(2, text.lines().filter("USER 10001"::equals).count(), "both images run without root");
        Script.needs("node");
        assumeTrue(
                Script.run(60, "node", "-e", "require('dockerfile-utils')").code() == 0,
                "dockerfile-utils is not installed (npm install dockerfile-utils; NODE_PATH names its folder)");
        String validate = "const text = require('fs').readFileSync('Dockerfile', 'utf8');"
                + "require('dockerfile-utils').validate(text).forEach(p => console.log(p.range.start.line + 1, p.message))";
        Script script = Script.run(60, "node", "-e", validate);
        assertEquals(0, script.code(), script.err());
        assertEquals("", script.out());
    }
}
