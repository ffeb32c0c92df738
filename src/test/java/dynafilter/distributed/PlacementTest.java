package dynafilter.distributed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementTest {
    private static final Map<String, String> TORCHRUN = Map.of(
            "RANK", "5",
            "LOCAL_RANK", "1",
            "WORLD_SIZE", "8",
            "LOCAL_WORLD_SIZE", "4",
            "MASTER_ADDR", "node-a",
            "MASTER_PORT", "29500",
            "TORCHELASTIC_USE_AGENT_STORE", "True",
            "TORCHELASTIC_RESTART_COUNT", "2",
            "TORCHELASTIC_RUN_ID", "none",
            "TORCHELASTIC_ERROR_FILE", "/tmp/torchelastic_x/none_y/attempt_2/1/error.json");

    private static final Map<String, String> SLURM = Map.of(
            "SLURM_PROCID", "3",
            "SLURM_LOCALID", "1",
            "SLURM_NTASKS", "6",
            "SLURM_STEP_NUM_TASKS", "6",
            "SLURM_STEP_ID", "0",
            "SLURM_JOB_ID", "1234",
            "SLURM_STEP_NODELIST", "gpu[07-09]",
            "SLURM_STEP_TASKS_PER_NODE", "2(x3)");

    private static Map<String, String> with(Map<String, String> environment, String name, String value) {
        Map<String, String> changed = new HashMap<>(environment);
        changed.put(name, value);
        return changed;
    }

    private static Map<String, String> without(Map<String, String> environment, String name) {
        Map<String, String> changed = new HashMap<>(environment);
        changed.remove(name);
        return changed;
    }

    private static String refusal(Map<String, String> environment) {
        return assertThrows(InputException.class, () -> Placement.of(environment))
                .getMessage();
    }

    @Test
    void torchrunSaysAll() {
        assertEquals(
                new Placement(5, 1, 8, 4, "node-a", 29500, true, 2, "/tmp/torchelastic_x/none_y"),
                Placement.of(TORCHRUN).orElseThrow());
        assertEquals(
                "/tmp/torchelastic_x/none_y",
                Placement.of(with(TORCHRUN, "TORCHELASTIC_RUN_ID", "of an earlier run, too"))
                        .orElseThrow()
                        .launch());
    }

    @Test
    void kubernetesSaysWhatIsNeeded() {
        Placement placement = Placement.of(
                        Map.of("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "run-master-0", "MASTER_PORT", "23456"))
                .orElseThrow();
        assertEquals(new Placement(1, 0, 2, 0, "run-master-0", 23456, false, 0, ""), placement);
        assertEquals(1, placement.neighbours(), "a pod of its own");
    }

    @Test
    void slurmsTasksMeetOnTheFirstNodeOfTheStep() {
        Placement placement = Placement.of(SLURM).orElseThrow();
        assertEquals(3, placement.rank());
        assertEquals(1, placement.localRank());
        assertEquals(6, placement.size());
        assertEquals(2, placement.neighbours());
        assertEquals("gpu07", placement.host());
        assertEquals("slurm-1234.0", placement.launch());
        assertTrue(placement.port() >= 20_000 && placement.port() < 32_000, "port " + placement.port());
        int other =
                Placement.of(with(SLURM, "SLURM_STEP_ID", "1")).orElseThrow().port();
        assertTrue(placement.port() != other, "two steps of a job");
        assertEquals(
                1,
                Placement.of(with(SLURM, "SLURM_RESTART_COUNT", "1"))
                        .orElseThrow()
                        .restart(),
                "requeued");
        assertEquals(
                "10.0.0.7",
                Placement.of(with(SLURM, "MASTER_ADDR", "10.0.0.7"))
                        .orElseThrow()
                        .host());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "gpu7; gpu7",
                "gpu[03-05,9]; gpu03",
                "a1,a2; a1",
                "n[1,4]-ib,x; n1-ib",
                "rack2-n[10-12],rack3-n[1-2]; rack2-n10"
            })
    void theFirstOfANodeList(String nodes, String first) {
        assertEquals(first, Slurm.firstOf(nodes));
    }

    @Test
    void aProcessThatNobodyLaunchedIsAlone() {
        assertEquals(Optional.empty(), Placement.of(Map.of("PATH", "/bin", "MASTER_ADDR", "localhost")));
        assertEquals(Optional.empty(), Placement.of(without(SLURM, "SLURM_STEP_ID")), "the batch script itself");
        assertEquals(
                Optional.empty(),
                Placement.of(with(without(SLURM, "SLURM_STEP_NUM_TASKS"), "SLURM_NTASKS", "1")),
                "a step of one task");
    }

    /** As Slurm 22.05 sets them in the shell of salloc -n 2, by each of its two ways, and in a step that is started there. */
    @Test
    void aShellInAnAllocationIsAloneAndAStepThatItStartsIsNot() {
        Map<String, String> shell = new HashMap<>(Map.of(
                "SLURM_JOB_ID", "1",
                "SLURM_NTASKS", "2",
                "SLURM_NPROCS", "2",
                "SLURM_TASKS_PER_NODE", "2",
                "SLURM_PROCID", "0",
                "SLURM_LOCALID", "0",
                "SLURM_STEP_ID", "4294967290",
                "SLURM_STEP_NODELIST", "gpu07",
                "SLURM_STEP_NUM_TASKS", "1",
                "SLURM_STEP_TASKS_PER_NODE", "1"));
        assertEquals(Optional.empty(), Placement.of(shell), "an interactive step");
        assertEquals(Optional.empty(), Placement.of(without(shell, "SLURM_STEP_NUM_TASKS")), "by its number");
        assertEquals(Optional.empty(), Placement.of(with(shell, "SLURM_STEP_ID", "0")), "srun -n 1 --preserve-env");
        Map<String, String> step = with(with(shell, "SLURM_STEP_ID", "0"), "SLURM_STEP_TASKS_PER_NODE", "2");
        assertEquals(
                2,
                Placement.of(with(step, "SLURM_STEP_NUM_TASKS", "2"))
                        .orElseThrow()
                        .size());
        Map<String, String> smaller = with(with(step, "SLURM_NTASKS", "8"), "SLURM_STEP_NUM_TASKS", "2");
        assertEquals(2, Placement.of(smaller).orElseThrow().size(), "a step of a part of the allocation's tasks");
    }

    @Test
    void saysWhichVariableIsMissingOrWrong() {
        for (String name : new String[] {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) {
            assertTrue(refusal(without(TORCHRUN, name)).contains("no " + name + ";"), name);
        }
        assertEquals("RANK=one: not a whole number", refusal(with(TORCHRUN, "RANK", "one")));
        assertEquals("RANK=8: must be 0 to 7 with WORLD_SIZE=8", refusal(with(TORCHRUN, "RANK", "8")));
        assertEquals("MASTER_PORT=70000: must be 1 to 65535", refusal(with(TORCHRUN, "MASTER_PORT", "70000")));
        assertEquals("WORLD_SIZE=0: must be at least 1", refusal(with(TORCHRUN, "WORLD_SIZE", "0")));
    }
}
