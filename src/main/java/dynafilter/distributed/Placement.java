package dynafilter.distributed;

import dynafilter.io.InputException;
import java.util.Map;
import java.util.Optional;

/**
 * Which of the processes this one is, as its launcher says: torchrun's environment variables, which the Kubernetes training
 * operator sets as well, or Slurm's.
 *
 * @param rank of this process, from 0
 * @param localRank among the processes of this machine: which GPU is its own
 * @param size all processes
 * @param localSize those of this machine; 0 where the launcher does not say
 * @param host where the store is that the processes meet at
 * @param port the store's
 * @param agentStore whether the launcher keeps the store; otherwise rank 0 does
 * @param restart how often the launcher has restarted the processes
 * @param launch names this call of the launcher across its restarts; empty where it has no name
 */
public record Placement(
        int rank,
        int localRank,
        int size,
        int localSize,
        String host,
        int port,
        boolean agentStore,
        int restart,
        String launch) {
    private static final int LAST_PORT = 65535;

    /** @throws InputException naming the variable that is out of range */
    public Placement {
        if (size < 1) {
            throw new InputException("WORLD_SIZE=" + size + ": must be at least 1");
        }
        if (rank < 0 || rank >= size) {
            throw new InputException("RANK=" + rank + ": must be 0 to " + (size - 1) + " with WORLD_SIZE=" + size);
        }
        if (localRank < 0) {
            throw new InputException("LOCAL_RANK=" + localRank + ": must be 0 or more");
        }
        if (port < 1 || port > LAST_PORT) {
            throw new InputException("MASTER_PORT=" + port + ": must be 1 to " + LAST_PORT);
        }
    }

    /**
     * The place that an environment gives; empty where the process was started alone.
     *
     * @throws InputException where a variable is missing beside others, or is no number
     */
    public static Optional<Placement> of(Map<String, String> environment) {
        if (environment.containsKey("RANK") || environment.containsKey("WORLD_SIZE")) {
            return Optional.of(read(environment));
        }
        return Slurm.toTorch(environment).map(Placement::read);
    }

    private static Placement read(Map<String, String> environment) {
        return new Placement(
                number("RANK", required(environment, "RANK")),
                number("LOCAL_RANK", environment.getOrDefault("LOCAL_RANK", "0")),
                number("WORLD_SIZE", required(environment, "WORLD_SIZE")),
                number("LOCAL_WORLD_SIZE", environment.getOrDefault("LOCAL_WORLD_SIZE", "0")),
                required(environment, "MASTER_ADDR"),
                number("MASTER_PORT", required(environment, "MASTER_PORT")),
                environment.getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "False").equalsIgnoreCase("true"),
                number("TORCHELASTIC_RESTART_COUNT", environment.getOrDefault("TORCHELASTIC_RESTART_COUNT", "0")),
                launch(environment));
    }

    /**
     * The folder of the file that a worker of torchrun is to write its error to, {@code FOLDER/attempt_1/0/error.json}: each of
     * torchrun's calls makes a new one. Its run id may be that of an earlier run.
     */
    private static String launch(Map<String, String> environment) {
        String folder = environment.getOrDefault("TORCHELASTIC_ERROR_FILE", "").replaceFirst("/?attempt_\\d+/.*", "");
        return folder.isEmpty() ? environment.getOrDefault("TORCHELASTIC_RUN_ID", "") : folder;
    }

    private static String required(Map<String, String> environment, String name) {
        String value = environment.get(name);
        if (value == null || value.isBlank()) {
            throw new InputException("the environment has RANK or WORLD_SIZE, but no " + name
                    + "; a launcher such as torchrun sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT; unset them to"
                    + " train in one process");
        }
        return value;
    }

    private static int number(String name, String value) {
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException wrong) {
            throw new InputException(name + "=" + value.strip() + ": not a whole number", wrong);
        }
    }

    /** The processes that share this machine's cores. */
    public int neighbours() {
        if (localSize > 0) {
            return localSize;
        }
        return isLocal() ? size : 1;
    }

    /** Whether the store, and so all processes, are on this machine alone. */
    boolean isLocal() {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
    }
}
