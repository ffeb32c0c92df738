package dynafilter.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The pictures of an input tensor: pixels, UINT8 [N, S, S, 3], or normalised images, FP32 [N, 3, S, S]. */
final class TensorPictures {
    private static final int CHANNELS = 3;

    private final int size;
    private final int maxBatch;

    /**
     * @param size height and width of the images that the network takes
     * @param maxBatch the most pictures of a tensor
     */
    TensorPictures(int size, int maxBatch) {
        this.size = size;
        this.maxBatch = maxBatch;
    }

    /** The most numbers of a tensor. */
    int mostNumbers() {
        return Math.multiplyExact(maxBatch, numbers());
    }

    /** The numbers of an image. */
    private int numbers() {
        return CHANNELS * size * size;
    }

    /**
     * The input of a body that is the pixels of images and nothing else.
     *
     * @throws Problem where it is not a number of whole images
     */
    InferRequest.Input ofPixels(byte[] body) {
        if (body.length % numbers() != 0) {
            throw bad(
                    "the body", "has " + body.length + " bytes, which are not the " + numbers() + " of an image each");
        }
        long[] shape = {body.length / numbers(), size, size, CHANNELS};
        return new InferRequest.Input(Protocol.INPUT, Protocol.PIXELS, shape, TensorData.of(body, 0));
    }

    /** @throws Problem where the tensor is not one of the two, or has more pictures than are taken at once */
    List<? extends Picture> of(InferRequest.Input input) {
        if (!input.name().equals(Protocol.INPUT)) {
            throw bad("inputs[0].name", "is not " + Protocol.INPUT);
        }
        boolean isPixels = input.datatype().equals(Protocol.PIXELS);
        if (!isPixels && !input.datatype().equals(Protocol.NORMALISED)) {
            throw bad("inputs[0].datatype", "is neither " + Protocol.PIXELS + " nor " + Protocol.NORMALISED);
        }
        long[] shape = input.shape();
        long[] expected = isPixels ? new long[] {0, size, size, CHANNELS} : new long[] {0, CHANNELS, size, size};
        if (shape.length != expected.length || !Arrays.equals(shape, 1, 4, expected, 1, 4)) {
            throw bad("inputs[0].shape", "is not that of " + input.datatype() + " images of this network");
        }
        if (shape[0] < 1 || shape[0] > maxBatch) {
            throw bad("inputs[0].shape", "has " + shape[0] + " images; 1 to " + maxBatch + " are taken at once");
        }
        int count = input.data().count(isPixels ? Byte.BYTES : Float.BYTES);
        if (count != shape[0] * numbers()) {
            String has =
                    count < 0 ? "ends within a number" : "has " + count + " numbers, which are not those of the shape";
            throw bad("inputs[0].data", has);
        }
        List<Picture> pictures = new ArrayList<>();
        for (int from = 0; from < count; from += numbers()) {
            pictures.add(isPixels ? pixels(input.data(), from) : normalised(input.data(), from));
        }
        return pictures;
    }

    /** The planes of an image's pixels, [3, S, S] of [S, S, 3]. */
    private Picture pixels(TensorData data, int from) {
        int plane = size * size;
        byte[] planes = new byte[numbers()];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < plane; i++) {
                int index = from + CHANNELS * i + channel;
                int pixel = data.pixel(index);
                if (pixel == TensorData.NO_PIXEL) {
                    throw bad("inputs[0].data[" + index + "]", "is no whole number from 0 to 255");
                }
                planes[channel * plane + i] = (byte) pixel;
            }
        }
        return new Picture.Pixels(planes);
    }

    private Picture normalised(TensorData data, int from) {
        float[] planes = new float[numbers()];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = data.number(from + i);
            if (!Float.isFinite(planes[i])) {
                throw bad("inputs[0].data[" + (from + i) + "]", "is no finite number of float32");
            }
        }
        return new Picture.Normalised(planes);
    }

    private Problem bad(String where, String what) {
        return new Problem(
                Problem.BAD,
                where,
                what,
                "send \"" + Protocol.INPUT + "\" as UINT8 pixels [N, " + size + ", " + size
                        + ", 3] or as normalised FP32 [N, 3, " + size + ", " + size + "]");
    }
}
