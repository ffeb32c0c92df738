package dynafilter.model;

import dynafilter.runtime.NativeOperator;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorLists;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/** The counters of the batches that BatchNorms have seen: all of them are advanced by one operator. */
final class BatchCounters implements AutoCloseable {
    private final NativeOwner owner;
    private final NativeOperator add;
    private final IValue counters;
    private final IValue one;

    /** @param counters int64 [] each, one for each BatchNorm, at least one */
    BatchCounters(List<Tensor> counters) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            add = building.keep(NativeOperator.find("aten::_foreach_add_", "Scalar"));
            this.counters = building.keep(
                    building.keep(new TensorLists(counters.size())).of(counters));
            one = building.keep(new IValue(1L));
            owner = building.handOver();
        }
    }

    /** Counts a batch. */
    void count() {
        add.call(counters, one);
    }

    @Override
    public void close() {
        owner.close();
    }
}
