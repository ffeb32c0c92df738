package dynafilter.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.data.DataSet;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.source.DataSource;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CpuTopology;
import dynafilter.runtime.NativeRuntime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The training step against the same network in Python, alternating in one run on an otherwise idle machine. */
@Tag("speed")
final class PeerSpeedTest {
    private static final int BATCH = 512;
    private static final int ROUNDS = 10;
    private static final int STEPS = 6;
    private static final int WARM_UP = 4;

    @Test
    void trainsAtLeastAsFastAsPython() throws IOException {
        Python python = Python.withTorch();
        int threads = Integer.getInteger("dynafilter.threads", CpuTopology.physicalCores());
        NativeRuntime.load();
        NativeRuntime.useThreads(threads);
        Process peer = python.start(
                Path.of("scripts/pytorch_reference.py"),
                "benchmark",
                "--serve",
                "--batch-size",
                BATCH,
                "--threads",
                threads,
                "--warmup-steps",
                WARM_UP);
        try (BufferedReader answers = peer.inputReader(UTF_8);
                Writer requests = peer.outputWriter(UTF_8);
                DataSet set = DataSource.open(DataSource.SAMPLE);
                DeviceImages images = new DeviceImages(set.train().limit(4096), ComputeDevice.CPU, true)) {
            assertEquals("ready", answers.readLine(), "the Python peer did not start");
            double[] java = new double[ROUNDS * STEPS];
            double[] other = new double[ROUNDS * STEPS];
            try (EndlessTraining training = training(images)) {
                time(training, WARM_UP);
                for (int round = 0; round < ROUNDS; round++) {
                    System.arraycopy(time(training, STEPS), 0, java, round * STEPS, STEPS);
                    requests.write(STEPS + "\n");
                    requests.flush();
                    String[] seconds = answers.readLine().split(" ", -1);
                    for (int i = 0; i < STEPS; i++) {
                        other[round * STEPS + i] = Double.parseDouble(seconds[i]);
                    }
                }
            }
            double ratio = median(other) / median(java);
            System.out.printf(
                    Locale.ROOT,
                    "training, batch %d, %d threads: Java %.1f ms a step (%.0f images/s), Python %.1f ms (%.0f images/s),"
                            + " Java is %.2f x as fast%n",
                    BATCH,
                    threads,
                    1e3 * median(java),
                    BATCH / median(java),
                    1e3 * median(other),
                    BATCH / median(other),
                    ratio);
            assertTrue(ratio >= 0.97, "Java is only " + ratio + " x as fast as Python"); // 3 % of noise
        } finally {
            peer.destroy();
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static EndlessTraining training(DeviceImages images) {
        NetworkShape shape = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10);
        Map<String, Tensor> initial = StateDict.random(shape, 0);
        try {
            return new EndlessTraining(
                    TestRun.with(Recipe.DEFAULT, "optimizer", "sgd", "batch_size", BATCH, "lr", 0.01),
                    shape,
                    initial,
                    images,
                    ComputeDevice.CPU,
                    false,
                    Assertions::fail);
        } finally {
            initial.values().forEach(Pointer::close);
        }
    }

    private static double[] time(EndlessTraining training, int steps) {
        double[] seconds = new double[steps];
        for (int i = 0; i < steps; i++) {
            long start = System.nanoTime();
            training.step();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return seconds;
    }
}
