package dynafilter.distributed;

import dynafilter.io.InputException;
import java.util.Map;
import java.util.Optional;

/**
 * The rank of this process and the place where the ranks meet, from the launcher's environment variables: torchrun's, which
 * the Kubernetes training operator sets as well, or Slurm's.
 *
 * @param rank the rank of this process, from 0
 * @param localRank the rank among the processes of this machine, which is the index of its GPU
 * @param size the number of all processes (world size)
 * @param localSize the number of processes on this machine; 0 where the launcher does not say
 * @param host the host of the store at which the processes meet
 * @param port the port of the store
 * @param agentStore true: the launcher keeps the store; false: rank 0 keeps it
 * @param restart the number of times that the launcher has restarted the processes
 * @param launch the name of this call of the launcher, which stays through its restarts; empty where there is none
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

    /** @throws InputException where a value is out of range; the message names the variable */
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
     * Reads the placement from environment variables; empty where the process was started alone.
     *
     * @throws InputException where one of several variables is missing or is not a number
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
                environment
                        .getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "False")
                        .equalsIgnoreCase("true"),
                number("TORCHELASTIC_RESTART_COUNT", environment.getOrDefault("TORCHELASTIC_RESTART_COUNT", "0")),
                launch(environment));
    }

    /**
     * The name of this call of torchrun: the folder of the file for a worker's error, {@code FOLDER/attempt_1/0/error.json},
     * which each call creates anew. The run id may be that of an earlier call.
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

    /** The number of processes that share this machine's cores. */
    public int neighbours() {
        if (localSize > 0) {
            return localSize;
        }
        return isLocal() ? size : 1;
    }

    /** True: the store, and so every process, is on this machine; false: there are other machines. */
    boolean isLocal() {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
    }
}
