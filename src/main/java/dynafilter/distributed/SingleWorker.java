package dynafilter.distributed;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The group of a process that was started alone: every collective is a no-op. */
final class SingleWorker implements WorkerGroup {
    @Override
    public int rank() {
        return 0;
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public boolean isSingle() {
        return true;
    }

    @Override
    public void sum(Tensor tensor) {}

    @Override
    public long nanosInSums() {
        return 0;
    }

    @Override
    public void broadcast(Tensor tensor) {}

    @Override
    public long[][] gather(long... own) {
        return new long[][] {own};
    }

    @Override
    public List<String> exchange(String own) {
        return List.of(own);
    }

    @Override
    public String launch() {
        return "";
    }

    @Override
    public Optional<String> failure() {
        return Optional.empty();
    }

    @Override
    public void fail(String why) {}

    @Override
    public void close() {}
}
