package dynafilter.distributed;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Translates Slurm's environment variables to torchrun's. */
final class Slurm {
    private static final Pattern FIRST_NODE = Pattern.compile("([^,\\[]+)(?:\\[(\\d+)[^\\]]*\\]([^,]*))?.*");
    private static final int FIRST_PORT = 20_000; // below those that systems hand out by themselves
    private static final int PORTS = 12_000;
    private static final int STEPS = 64; // of one job that get a port of their own
    private static final long LAST_STEP =
            0xffff_fff0L; // above: the batch script, a shell in an allocation and the like

    private Slurm() {}

    /** torchrun's variables for a task that {@code srun} started beside others; empty for any other process. */
    static Optional<Map<String, String>> toTorch(Map<String, String> slurm) {
        // A batch script itself is task 0 of the job, but of no step. A shell that salloc opened is a step of one task,
        // or of a
        // number of its own, and SLURM_NTASKS stays that of the allocation there: nobody has started the others.
        if (!slurm.containsKey("SLURM_STEP_ID")
                || !slurm.containsKey("SLURM_PROCID")
                || leadingNumber(slurm.get("SLURM_STEP_ID")) > LAST_STEP
                || leadingNumber(tasks(slurm)) < 2) {
            return Optional.empty();
        }
        Map<String, String> torch = new HashMap<>();
        torch.put("RANK", slurm.get("SLURM_PROCID"));
        torch.put("WORLD_SIZE", tasks(slurm));
        torch.put("LOCAL_RANK", slurm.getOrDefault("SLURM_LOCALID", "0"));
        String perNode = slurm.getOrDefault("SLURM_STEP_TASKS_PER_NODE", slurm.get("SLURM_NTASKS_PER_NODE"));
        torch.put("LOCAL_WORLD_SIZE", String.valueOf(leadingNumber(perNode))); // "2(x3),1"
        torch.put("MASTER_ADDR", slurm.getOrDefault("MASTER_ADDR", firstNode(slurm)));
        torch.put("MASTER_PORT", slurm.getOrDefault("MASTER_PORT", String.valueOf(port(slurm))));
        torch.put("TORCHELASTIC_RESTART_COUNT", slurm.getOrDefault("SLURM_RESTART_COUNT", "0"));
        torch.put(
                "TORCHELASTIC_RUN_ID",
                "slurm-" + slurm.getOrDefault("SLURM_JOB_ID", "none") + "." + slurm.get("SLURM_STEP_ID"));
        return Optional.of(torch);
    }

    /** The number of tasks in the step; null where Slurm does not say. */
    private static @Nullable String tasks(Map<String, String> slurm) {
        return slurm.getOrDefault("SLURM_STEP_NUM_TASKS", slurm.get("SLURM_NTASKS"));
    }

    /** The first node of the step, on which task 0 runs; null where Slurm does not say. */
    private static @Nullable String firstNode(Map<String, String> slurm) {
        String nodes = slurm.getOrDefault("SLURM_STEP_NODELIST", slurm.get("SLURM_JOB_NODELIST"));
        return nodes == null ? slurm.get("SLURM_LAUNCH_NODE_IPADDR") : firstOf(nodes);
    }

    /** The first node of a list in Slurm's notation: gpu03-a for "gpu[03-05,9]-a,login". */
    static String firstOf(String nodes) {
        Matcher matcher = FIRST_NODE.matcher(nodes);
        if (!matcher.matches()) {
            return nodes;
        }
        return matcher.group(2) == null ? matcher.group(1) : matcher.group(1) + matcher.group(2) + matcher.group(3);
    }

    /** A port for the store: the same for all tasks of a step, and most likely another for another job or step on the node. */
    private static int port(Map<String, String> slurm) {
        long job = leadingNumber(slurm.get("SLURM_JOB_ID"));
        long step = leadingNumber(slurm.get("SLURM_STEP_ID"));
        return (int) (FIRST_PORT + (job * STEPS + step % STEPS) % PORTS);
    }

    private static long leadingNumber(@Nullable String text) {
        String digits = text == null ? "" : text.replaceFirst("(?s)\\D.*", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits);
    }
}
