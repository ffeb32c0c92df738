package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dynafilter.NativeScope;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What writing a checkpoint of this network costs, with the state of AdamW: two numbers a parameter. */
@ExtendWith(NativeScope.class)
class CheckpointCostTest {
    private static final int WRITES = 20;

    @TempDir
    private Path folder;

    private Path file;
    private Checkpoint checkpoint;

    @BeforeEach
    void makeCheckpoint() {
        file = folder.resolve("last.pt");
        Map<String, Tensor> model = StateDict.random(NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10), 0);
        Map<Integer, Object> state = new LinkedHashMap<>();
        model.values()
                .forEach(tensor ->
                        state.put(state.size(), Map.of("exp_avg", tensor.clone(), "exp_avg_sq", tensor.clone())));
        Map<String, Object> optimizer = Map.of("state", state, "param_groups", List.of());
        checkpoint = new Checkpoint(model, optimizer, 1, 1, 0.5, Map.of(), List.of("a"), Map.of(), Map.of(), List.of());
    }

    /** Tensors stream through a small piece: pieces of all of them together are no more than the file. */
    @Test
    void theFileIsAtMostOnceOnTheHeap() throws IOException {
        checkpoint.write(file); // classes are loaded now
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(thread);
        checkpoint.write(file);
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertTrue(allocated < Files.size(file) + (1 << 20), allocated + " of " + Files.size(file));
    }

    @Test
    @Tag("speed")
    void aCheckpointTakesNoTimeThatMatters() {
        double[] milliseconds = new double[WRITES];
        for (int i = 0; i < WRITES; i++) {
            long start = System.nanoTime();
            checkpoint.write(file);
            milliseconds[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(milliseconds);
        assertTrue(milliseconds[WRITES / 2] < 100, "median " + milliseconds[WRITES / 2] + " ms");
    }
}
