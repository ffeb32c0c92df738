package dynafilter.train.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.Python;
import dynafilter.runfolder.ScheduleKind;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScheduleTest {
    private static final double PEAK = 0.4;

    /** Every schedule over many lengths: torch's own where it has one, the reference's formula for the others. */
    private static final String PYTHON = """
            import argparse, importlib.util, json, sys, warnings, torch
            sys.dont_write_bytecode = True
            warnings.simplefilter("ignore")
            spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
            reference = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(reference)
            schedulers = torch.optim.lr_scheduler

            def rates(total, make):
                optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
                scheduler = make(optimizer)
                made = []
                for step in range(total):
                    made.append(optimizer.param_groups[0]["lr"])
                    optimizer.step()
                    if step + 1 < total:
                        scheduler.step()
                return made

            result = []
            for total in (2, 3, 7, 40, 195):
                for warmup in (0.0, 0.1, 0.2, 0.3, 0.77):
                    entry = {"total": total, "warmup": warmup}
                    if warmup * total != 1:     # torch divides by zero there
                        entry["onecycle"] = rates(total, lambda o: schedulers.OneCycleLR(
                            o, 0.4, total_steps=total, pct_start=warmup, anneal_strategy="linear"))
                    for kind in ("cosine", "step", "constant"):
                        recipe = argparse.Namespace(lr=0.4, schedule=kind, warmup=warmup)
                        entry[kind] = [reference.learning_rate(recipe, step, total) for step in range(total)]
                    result.append(entry)
                result.append({"total": total, "warmup": 0.0,
                               "cosine": rates(total, lambda o: schedulers.CosineAnnealingLR(o, total)),
                               "step": rates(total, lambda o: schedulers.MultiStepLR(o, [-(-total // 2), -(-3 * total // 4)])),
                               "constant": [0.4] * total})
            print(json.dumps(result))
            """;

    @Test
    void equalsPytorchsSchedulers() throws JsonProcessingException {
        String answer = Python.withTorch().run(PYTHON, Path.of("scripts", "pytorch_reference.py"));
        int compared = 0;
        for (JsonNode entry : new JsonMapper().readTree(answer)) {
            long total = entry.get("total").asLong();
            double warmup = entry.get("warmup").asDouble();
            for (ScheduleKind kind : ScheduleKind.values()) {
                Schedule schedule = Schedule.of(kind, PEAK, warmup, total);
                JsonNode rates = entry.path(kind.toString());
                for (int step = 0; step < rates.size(); step++, compared++) {
                    String what = kind + ", warm-up " + warmup + ", step " + step + " of " + total;
                    assertEquals(rates.get(step).asDouble(), schedule.learningRate(step), 1e-12, what);
                }
            }
        }
        assertTrue(compared > 5000, () -> "too few were compared");
    }

    @ParameterizedTest
    @EnumSource(ScheduleKind.class)
    void isAFunctionOfTheStepAlone(ScheduleKind kind) {
        Schedule schedule = Schedule.of(kind, PEAK, 0.2, 50);
        double[] forward =
                LongStream.range(0, 50).mapToDouble(schedule::learningRate).toArray();
        Schedule another = Schedule.of(kind, PEAK, 0.2, 50);
        for (int step = 49; step >= 0; step--) {
            assertEquals(forward[step], another.learningRate(step));
            assertEquals(forward[step], another.learningRate(step));
        }
    }

    @Test
    void oneCycleRisesToThePeakAndFallsToAlmostNothing() {
        Schedule schedule = Schedule.of(ScheduleKind.ONECYCLE, PEAK, 0.2, 50);
        assertEquals(PEAK / 25, schedule.learningRate(0), 1e-15);
        assertEquals(PEAK, schedule.learningRate(9), 1e-15);
        assertTrue(schedule.learningRate(8) < PEAK && schedule.learningRate(10) < PEAK);
        assertEquals(PEAK / 25 / 1e4, schedule.learningRate(49), 1e-15);
    }

    @Test
    void warmUpReachesThePeakInItsLastStep() {
        Schedule schedule = Schedule.of(ScheduleKind.COSINE, PEAK, 0.1, 50);
        assertEquals(PEAK / 5, schedule.learningRate(0), 1e-15);
        assertEquals(PEAK, schedule.learningRate(4), 1e-15);
        assertEquals(PEAK, schedule.learningRate(5), 1e-15);
        assertTrue(schedule.learningRate(49) > 0 && schedule.learningRate(49) < 0.01 * PEAK);
    }

    @ParameterizedTest
    @EnumSource(ScheduleKind.class)
    void aSingleStepHasARate(ScheduleKind kind) {
        for (double warmup : new double[] {0, 0.2, 0.9}) {
            double rate = Schedule.of(kind, PEAK, warmup, 1).learningRate(0);
            assertTrue(rate > 0 && rate <= PEAK, () -> kind + " with warm-up " + warmup + ": " + rate);
        }
    }
}
