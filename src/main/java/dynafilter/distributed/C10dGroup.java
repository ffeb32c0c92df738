package dynafilter.distributed;

import dynafilter.io.ThisProcess;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CudaGpu;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A process group of libtorch's c10d: NCCL between GPUs, Gloo between CPUs. */
public final class C10dGroup implements WorkerGroup {
    private static final long POLL = 10_000_000; // nanoseconds
    private static final long LONG_WAIT = 20_000_000_000L; // nanoseconds; then rank 0 says which ranks are missing
    private static final String LOG_LEVEL = "TORCH_CPP_LOG_LEVEL";

    /** Owners of broken groups' natives, kept from the garbage collector: c10d's threads may still be at work in them. */
    private static final Collection<NativeOwner> ABANDONED = new ConcurrentLinkedQueue<>();

    private final Placement placement;
    private final ComputeDevice device;
    private final Duration timeout;
    private final RendezvousStore store;
    private final Heartbeat heartbeat;
    private final Consumer<String> waiting;
    private final Backend backend;
    private final NativeOwner owner; // of store, heartbeat and backend
    private long exchanges;
    private long nanosInSums;
    private boolean broken; // a collective failed, and may still be under way

    private C10dGroup(
            Placement placement,
            ComputeDevice device,
            Duration timeout,
            RendezvousStore store,
            Heartbeat heartbeat,
            Consumer<String> waiting,
            NativeOwner building) {
        this.waiting = waiting;
        this.placement = placement;
        this.device = device;
        this.timeout = timeout;
        this.store = store;
        this.heartbeat = heartbeat;
        if (store.add("came/" + placement.rank(), 1) > 1) {
            throw new WorkerFailure("rank " + placement.rank()
                    + " has been started a second time while the first was with the others; start all ranks together,"
                    + " each once");
        }
        // Before the backend, which would wait for ranks that make another one.
        Agreement.require(
                this,
                Map.of("device type", device.isCuda() ? "cuda" : "cpu", "libtorch", NativeRuntime.torchVersion()));
        if (device.isCuda()) {
            OwnGpus.require(this, CudaGpu.identity(device.index()));
        }
        String[] names = new String[placement.size()];
        List<String> found = exchange(ThisProcess.describe());
        for (int rank = 0; rank < names.length; rank++) {
            names[rank] = "rank " + rank + " (" + found.get(rank) + ")";
        }
        heartbeat.watch(names);
        try {
            backend = device.isCuda()
                    ? NcclBackend.create(store, placement, timeout, building)
                    : GlooBackend.create(store, placement, timeout, building);
        } catch (RuntimeException failure) {
            String variable = device.isCuda() ? "NCCL_SOCKET_IFNAME" : GlooBackend.INTERFACES;
            throw explain(failure, "; where the ranks' machines have several networks, name the one in " + variable);
        }
        owner = building.handOver();
    }

    /** A failure of a collective. For lack of memory it is this rank's own, and not of the connection. */
    private RuntimeException explain(RuntimeException failure, String advice) {
        return OutOfMemory.in(failure).isPresent() ? failure : heartbeat.explain(failure, advice);
    }

    /**
     * Joins the other ranks, and waits until all have joined.
     *
     * @param device this rank's device; NCCL needs a GPU for each rank
     * @param timeout the time that a rank may let the others wait
     * @param waiting hears at rank 0 which ranks are missing after a while
     * @param stuck hears why the ranks cannot go on, where this rank is blocked and its process has to be ended
     * @throws WorkerFailure where not all ranks join in time
     * @throws dynafilter.io.InputException where the ranks differ in libtorch or the type of device, or the store cannot be
     *     opened
     */
    public static C10dGroup join(
            Placement placement,
            ComputeDevice device,
            Duration timeout,
            Consumer<String> waiting,
            Consumer<String> stuck) {
        // c10d logs every broken connection with a C++ stack trace; here the failure says what it means.
        torch.set_env(LOG_LEVEL, "FATAL", false);
        torch.initLogging();
        try (NativeOwner building = new NativeOwner()) {
            RendezvousStore store = building.keep(RendezvousStore.open(placement, timeout));
            Heartbeat heartbeat = building.keep(
                    new Heartbeat(RendezvousStore.connect(placement, timeout), placement, timeout, stuck));
            heartbeat.start();
            try {
                return new C10dGroup(placement, device, timeout, store, heartbeat, waiting, building);
            } catch (RuntimeException failure) {
                String line = NativeRuntime.firstLine(failure);
                heartbeat.announce(
                        failure instanceof WorkerFailure ? line : "rank " + placement.rank() + " stopped: " + line);
                throw failure;
            }
        }
    }

    @Override
    public int rank() {
        return placement.rank();
    }

    @Override
    public int size() {
        return placement.size();
    }

    @Override
    public void sum(Tensor tensor) {
        long begin = System.nanoTime();
        collective(() -> backend.allreduce(new TensorVector(tensor)));
        nanosInSums += System.nanoTime() - begin;
    }

    @Override
    public long nanosInSums() {
        return nanosInSums;
    }

    @Override
    public void broadcast(Tensor tensor) {
        collective(() -> backend.broadcast(new TensorVector(tensor), new BroadcastOptions()));
    }

    private void collective(Supplier<Work> start) {
        heartbeat.enter();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            start.get()._wait();
        } catch (RuntimeException failure) {
            broken = true;
            throw explain(failure, "");
        }
    }

    @Override
    public long[][] gather(long... own) {
        int columns = Math.max(1, own.length);
        try (PointerScope scope = new PointerScope()) {
            Tensor table = torch.zeros(new long[] {size(), columns}, new TensorOptions(ScalarType.Long));
            numbers(table).position((long) rank() * columns).put(own);
            Tensor shared = table.to(device.toTorch(), ScalarType.Long);
            collective(() -> backend.allreduce(new TensorVector(shared)));
            LongPointer sums = numbers(shared.cpu());
            long[][] rows = new long[size()][own.length];
            for (int rank = 0; rank < rows.length; rank++) {
                sums.position((long) rank * columns).get(rows[rank]);
            }
            return rows;
        }
    }

    private static LongPointer numbers(Tensor contiguous) {
        return new LongPointer(contiguous.data_ptr()).capacity(contiguous.numel());
    }

    @Override
    public List<String> exchange(String own) {
        long round = exchanges++;
        store.set(key(round, rank()), own);
        List<Integer> missing = IntStream.range(0, size()).boxed().collect(Collectors.toCollection(ArrayList::new));
        long begin = System.nanoTime();
        long patience = Math.min(LONG_WAIT, timeout.toNanos() / 2);
        boolean told = round > 0 || !leads();
        while (true) {
            missing.removeIf(rank -> store.has(key(round, rank)));
            if (missing.isEmpty()) {
                break;
            }
            heartbeat.requireAll();
            long waited = System.nanoTime() - begin;
            if (!told && waited > patience) {
                told = true;
                waiting.accept("waiting for " + ranks(missing) + ", up to " + timeout.toSeconds()
                        + " s; where nobody starts them, as in a shell that srun opened, unset SLURM_STEP_ID, RANK and"
                        + " WORLD_SIZE to train in one process");
            }
            if (waited > timeout.toNanos()) {
                throw new WorkerFailure(ranks(missing)
                        + (round == 0 ? " has not been started" : " lives, but has not come here") + " within "
                        + timeout.toSeconds() + " s; wait longer with --dist-timeout");
            }
            Heartbeat.sleep(POLL);
        }
        List<String> texts = IntStream.range(0, size())
                .mapToObj(rank -> store.get(key(round, rank)))
                .toList();
        if (round > 0) {
            store.delete(key(round - 1, rank())); // all have read it, or they would not have come here
        }
        return texts;
    }

    private String ranks(List<Integer> some) {
        return "rank " + some.stream().map(String::valueOf).collect(Collectors.joining(", ")) + " of " + size();
    }

    private static String key(long round, int rank) {
        return "exchange/" + round + "/" + rank;
    }

    @Override
    public String launch() {
        return placement.launch();
    }

    @Override
    public Optional<String> failure() {
        return heartbeat.verdict();
    }

    @Override
    public void fail(String why) {
        heartbeat.announce("rank " + rank() + " stopped: " + why);
    }

    @Override
    public void close() {
        if (broken) { // closing the backend might wait for what is still under way
            ABANDONED.add(owner);
            heartbeat.close();
        } else {
            owner.close(); // the backend first: whoever waits for this rank wakes up
        }
    }
}
