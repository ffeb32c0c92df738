package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The memory of one call of a {@link FoldedNetwork}, which is used again and again, by one thread at a time. Maps lie pixel by
 * pixel, the channels together; those that are convolved have a border of zeros, in which windows reach beyond their edges.
 */
final class FoldedCall implements AutoCloseable {
    private static final int COLOURS = 3;
    private static final int CHANNELS = ResNetStem.CHANNELS;
    private static final int STEM_WINDOW = 7;
    private static final int WINDOW = 3;

    private final IValueVector arguments;
    private final IValueVector stack;
    private final BytePointer pixels;
    private final FloatPointer scores;
    private final int classes;
    private final NativeOwner owner;

    /**
     * @param normalisation shift and scale
     * @param weights the last arguments of the program
     */
    FoldedCall(FoldedSizes sizes, List<Tensor> normalisation, List<Tensor> weights) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            long image = sizes.image();
            long stem = sizes.stem();
            long map = sizes.map();
            Tensor picture = torch.zeros(new long[] {1, COLOURS, image, image}, new TensorOptions(ScalarType.Byte));
            Tensor bordered = bordered(image, STEM_WINDOW / 2, COLOURS);
            Tensor stemCells = torch.zeros(stem, stem, STEM_WINDOW, STEM_WINDOW * COLOURS);
            Tensor stemOut = torch.zeros(stem * stem, CHANNELS);
            Tensor outer = bordered(map, 1, CHANNELS);
            Tensor inner = bordered(map, 1, CHANNELS);
            Tensor cells = torch.zeros(map, map, WINDOW, WINDOW * CHANNELS);
            Tensor out = torch.zeros(map * map, CHANNELS);
            Tensor features = torch.zeros(map * map, CHANNELS);
            Tensor responses = torch.zeros(sizes.maps(), map * map);
            Tensor result = torch.zeros(sizes.labels(), sizes.outputs());
            List<Tensor> all = new ArrayList<>(List.of(picture));
            all.addAll(normalisation);
            all.addAll(List.of(
                    inside(bordered, STEM_WINDOW / 2, image),
                    windows(bordered, stem, STEM_WINDOW, 2),
                    stemCells,
                    stemCells.view(stem * stem, -1),
                    stemOut,
                    map(stemOut, stem),
                    inside(outer, 1, map),
                    windows(outer, map, WINDOW, 1),
                    inside(inner, 1, map),
                    windows(inner, map, WINDOW, 1),
                    cells,
                    cells.view(map * map, -1),
                    map(out, map),
                    out,
                    map(features, map),
                    features.t(),
                    responses,
                    responses.view(sizes.labels(), -1),
                    torch.zeros(sizes.labels(), NetworkShape.PREDICTOR_WIDTH),
                    result));
            all.addAll(weights);
            arguments = building.keep(new IValueVector());
            all.forEach(tensor -> arguments.push_back(new IValue(tensor)));
            stack = building.keep(new IValueVector());
            pixels = building.keep(new BytePointer(picture.data_ptr())).capacity(sizes.pixels());
            scores = building.keep(new FloatPointer(result.data_ptr())).capacity(sizes.classes());
            classes = sizes.classes();
            owner = building.handOver();
        }
    }

    /** Zeros for a map and its border: [1, size + 2 border, size + 2 border, channels]. */
    private static Tensor bordered(long size, long border, long channels) {
        return torch.zeros(1, size + 2 * border, size + 2 * border, channels);
    }

    /** The map without its border: [1, channels, size, size]. */
    private static Tensor inside(Tensor bordered, long border, long size) {
        return bordered.narrow(1, border, size).narrow(2, border, size).permute(0, 3, 1, 2);
    }

    /**
     * The windows of a map: [count, count, window, window * channels], a view; the pixels of a window's row lie together.
     *
     * @param count of windows in a row, and of rows
     */
    private static Tensor windows(Tensor bordered, long count, long window, long stride) {
        long row = bordered.stride(1);
        long pixel = bordered.stride(2);
        return bordered.as_strided(
                new long[] {count, count, window, window * pixel}, new long[] {stride * row, stride * pixel, row, 1});
    }

    /** Rows, one a pixel, as a map: [1, channels, size, size]. */
    private static Tensor map(Tensor rows, long size) {
        return rows.view(1, size, size, CHANNELS).permute(0, 3, 1, 2);
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
