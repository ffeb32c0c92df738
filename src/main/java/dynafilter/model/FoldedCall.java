package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import java.util.Collection;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The memory of one call of a {@link FoldedNetwork}, which is used again and again, by one thread at a time. */
final class FoldedCall implements AutoCloseable {
    private final IValueVector arguments;
    private final IValueVector stack;
    private final BytePointer pixels;
    private final FloatPointer scores;
    private final int classes;
    private final NativeOwner owner;

    /** @param shared the last arguments of the program, which all calls have in common */
    FoldedCall(FoldedSizes sizes, Collection<Tensor> shared) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            FoldedProgram program = new FoldedProgram(sizes);
            arguments = building.keep(new IValueVector());
            program.memory().forEach(tensor -> arguments.push_back(new IValue(tensor)));
            shared.forEach(tensor -> arguments.push_back(new IValue(tensor)));
            stack = building.keep(new IValueVector());
            pixels = building.keep(new BytePointer(program.tensor("pixels").data_ptr()))
                    .capacity(sizes.pixels());
            scores = building.keep(new FloatPointer(program.tensor("result").data_ptr()))
                    .capacity(sizes.classes());
            classes = sizes.classes();
            owner = building.handOver();
        }
    }

    /** The class scores of a picture: see {@link FoldedNetwork#scores}. */
    float[] run(Function program, byte[] planes) {
        float[] found = new float[classes];
        torch.setGraphExecutorOptimize(false); // else the first calls run another graph; the setting is the thread's
        try (InferenceMode inference = new InferenceMode()) {
            pixels.put(planes);
            stack.put(arguments);
            program.run(stack);
            scores.get(found);
        }
        return found;
    }

    @Override
    public void close() {
        owner.close();
    }
}
