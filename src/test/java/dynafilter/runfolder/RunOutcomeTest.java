package dynafilter.runfolder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.JsonFile;
import dynafilter.runtime.Timing;
import org.junit.jupiter.api.Test;

class RunOutcomeTest {
    private static RunOutcome read(String text) throws Exception {
        return JsonFile.parse(text.getBytes(UTF_8), RunOutcome.class).orElseThrow();
    }

    @Test
    void whatARunOfOneProcessHasNotIsAbsent() throws Exception {
        RunOutcome outcome = new RunOutcome(
                StopReason.EARLY_STOP, "checkpoints/x", 3, 12, "test", false, null, null, null, null, null);
        String text = JsonFile.text(outcome);
        assertEquals("""
                {
                  "ending" : "early_stop",
                  "run" : "checkpoints/x",
                  "epochs" : 3,
                  "steps" : 12,
                  "selected_on" : "test",
                  "cuda_graph" : false,
                  "peak_memory_bytes" : null
                }""", text);
        assertEquals(outcome, read(text));
    }

    @Test
    void whatIsKnownOfSeveralProcessesIsThereInItsOrder() throws Exception {
        RunOutcome outcome = new RunOutcome(
                StopReason.FINISHED,
                "x",
                1,
                2,
                "validation",
                true,
                new RunOutcome.Ranks(2, new RunOutcome.AllReduce(8, 0.5, new Timing(1, 0.5, 2))),
                new RunOutcome.Best(0.75, 1),
                new RunOutcome.Test(0.5, 1.25),
                1024L,
                null);
        String text = JsonFile.text(outcome);
        assertEquals("""
                {
                  "ending" : "finished",
                  "run" : "x",
                  "epochs" : 1,
                  "steps" : 2,
                  "selected_on" : "validation",
                  "cuda_graph" : true,
                  "processes" : 2,
                  "all_reduce" : {
                    "bytes" : 8,
                    "share" : 0.5,
                    "step_ms" : {
                      "median" : 1.0,
                      "p10" : 0.5,
                      "p90" : 2.0
                    }
                  },
                  "best_accuracy" : 0.75,
                  "best_epoch" : 1,
                  "test_accuracy" : 0.5,
                  "test_loss" : 1.25,
                  "peak_memory_bytes" : 1024
                }""", text);
        assertEquals(outcome, read(text));
    }

    @Test
    void whatAnotherHandLeftOutOrWroteOtherwiseIsMissing() throws Exception {
        RunOutcome outcome = read("{\"ending\": \"tired\", \"epochs\": {}, \"steps\": \"x\", \"run\": [],"
                + " \"cuda_graph\": 3.5, \"best_accuracy\": null, \"test_accuracy\": \"high\", \"test_loss\": 0.5,"
                + " \"peak_memory_bytes\": {}, \"mood\": 1}");
        assertNull(outcome.ending());
        assertEquals(0, outcome.epochs());
        assertNull(outcome.best());
        assertNull(outcome.test());
        assertNull(outcome.peakMemoryBytes());
    }

    @Test
    void whatJoiningTheProcessesCostsIsNullWhereTheHostCannotTell() {
        RunOutcome outcome = new RunOutcome(
                StopReason.FINISHED, "x", 1, 2, "test", true, new RunOutcome.Ranks(2, null), null, null, null, null);
        String text = JsonFile.text(outcome);
        assertTrue(text.contains("\"processes\" : 2,\n  \"all_reduce\" : null,\n  \"peak_memory_bytes\" : null"), text);
    }
}
