package dynafilter.serve;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The elements of a tensor of a request, in the order of its shape. */
interface TensorData {
    /** What {@link #pixel} says of an element that is no whole number from 0 to 255. */
    int NO_PIXEL = -1;

    /** The largest value of a pixel. */
    int WHITE = 255;

    /** The number of its elements, where each is of a datatype; negative where it ends within one. */
    int count(int bytesOfElement);

    /** An element of type UINT8; {@link #NO_PIXEL} where it is none. */
    int pixel(int index);

    /** An element of type FP32, which may be infinite or NaN. */
    float number(int index);

    /** Elements that stood in the JSON. */
    static TensorData of(float[] numbers) {
        return new TensorData() {
            @Override
            public int count(int bytesOfElement) {
                return numbers.length;
            }

            @Override
            public int pixel(int index) {
                int pixel = (int) numbers[index];
                return pixel == numbers[index] && pixel >= 0 && pixel <= WHITE ? pixel : NO_PIXEL;
            }

            @Override
            public float number(int index) {
                return numbers[index];
            }
        };
    }

    /**
     * Elements that stood behind the JSON, little-endian.
     *
     * @param from the first byte, of all that follow it
     */
    static TensorData of(byte[] body, int from) {
        ByteBuffer bytes =
                ByteBuffer.wrap(body, from, body.length - from).slice().order(ByteOrder.LITTLE_ENDIAN);
        return new TensorData() {
            @Override
            public int count(int bytesOfElement) {
                return bytes.limit() % bytesOfElement == 0 ? bytes.limit() / bytesOfElement : -1;
            }

            @Override
            public int pixel(int index) {
                return bytes.get(index) & WHITE;
            }

            @Override
            public float number(int index) {
                return bytes.getFloat(index * Float.BYTES);
            }
        };
    }
}
