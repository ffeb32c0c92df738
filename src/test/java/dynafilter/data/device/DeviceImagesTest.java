package dynafilter.data.device;

import static dynafilter.TensorAssert.floats;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.TensorAssert;
import dynafilter.data.ImageSet;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Batches against the same work done pixel by pixel in Java. */
@ExtendWith(NativeScope.class)
class DeviceImagesTest {
    private static final int IMAGES = 40;
    private static final int SIDE = 32;
    private static final int PLANE = SIDE * SIDE;
    private static final double[] MEAN = {0.4914, 0.4822, 0.4465};
    private static final double[] DEVIATION = {0.2470, 0.2435, 0.2616};

    private final byte[] pixels = new byte[IMAGES * 3 * PLANE];
    private final long[] labels = new long[IMAGES];
    private ImageSet set;

    @BeforeEach
    void drawImages() {
        new Random(1).nextBytes(pixels);
        Arrays.setAll(labels, i -> i % 3);
        Tensor images = TensorBytes.empty(ScalarType.Byte, IMAGES, 3, SIDE, SIDE);
        TensorBytes.view(images, 0, pixels.length).put(pixels);
        set = new ImageSet("random", images, TensorBytes.of(labels), List.of("a", "b", "c"));
    }

    /** A normalised pixel; black outside the image, as torchvision's RandomCrop pads. */
    private float pixel(long image, int channel, long row, long column) {
        boolean inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
        int value = inside ? pixels[(int) ((image * 3 + channel) * PLANE + row * SIDE + column)] & 0xff : 0;
        return (float) ((value / 255.0 - MEAN[channel]) / DEVIATION[channel]);
    }

    private float[] expected(EpochPlan plan, int place) {
        float[] image = new float[3 * PLANE];
        for (int channel = 0; channel < 3; channel++) {
            for (int row = 0; row < SIDE; row++) {
                for (int column = 0; column < SIDE; column++) {
                    int source = plan.flip()[place] == 1 ? SIDE - 1 - column : column;
                    image[channel * PLANE + row * SIDE + column] = pixel(
                            plan.order()[place],
                            channel,
                            row + plan.cropTop()[place] - EpochPlan.PADDING,
                            source + plan.cropLeft()[place] - EpochPlan.PADDING);
                }
            }
        }
        return image;
    }

    private static EpochPlan plain(EpochPlan plan) {
        long[] centre = new long[plan.order().length];
        Arrays.fill(centre, EpochPlan.PADDING);
        return new EpochPlan(plan.order(), centre, centre, new long[centre.length]);
    }

    private static EpochPlan inOrder() {
        long[] order = new long[IMAGES];
        Arrays.setAll(order, i -> i);
        return plain(new EpochPlan(order, order, order, order));
    }

    private void assertBatch(EpochPlan plan, int from, int size, Batch batch) {
        assertArrayEquals(new long[] {size, 3, SIDE, SIDE}, batch.images().shape());
        assertEquals(ScalarType.Float, batch.images().scalar_type().intern());
        for (int i = 0; i < size; i++) {
            int place = from + i;
            assertEquals(
                    labels[(int) plan.order()[place]], batch.labels().get(i).item_long(), "label " + place);
            assertArrayEquals(expected(plan, place), floats(batch.images().get(i)), 2e-6f, "image " + place);
        }
    }

    @Test
    void trainingBatchesAreCroppedFlippedAndNormalisedAsThePlanSays() {
        EpochPlan plan = EpochPlan.of(3, 1, IMAGES);
        try (DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, true)) {
            EpochBatches whole = images.epoch(plan, 0);
            for (int from = 0; from < IMAGES; from += 8) {
                assertBatch(plan, from, 8, whole.stage(8).next(8));
            }
            EpochBatches rest = images.epoch(plan, 34);
            assertBatch(plan, 34, 1, rest.stage(1).next(1));
            assertBatch(plan, 35, 5, rest.stage(5).next(5));
        }
    }

    @Test
    void withoutPaddingTheyAreOnlyShuffled() {
        EpochPlan plan = EpochPlan.of(3, 1, IMAGES);
        try (DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, false)) {
            assertBatch(plain(plan), 5, 12, images.epoch(plan, 5).stage(12).next(12));
        }
    }

    @Test
    void evaluationBatchesAreTheImagesInTheirOrder() {
        for (boolean padded : new boolean[] {false, true}) {
            try (DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, padded)) {
                assertEquals(IMAGES, images.size());
                assertBatch(inOrder(), 0, 16, images.evaluationBatch(0, 16));
                assertBatch(inOrder(), 33, 7, images.evaluationBatch(33, 7));
            }
        }
    }

    @Test
    void everyEpochIsDrawnAnew() {
        try (DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, true)) {
            float[] first = floats(firstFour(images, EpochPlan.of(3, 0, IMAGES)).images());
            assertBatch(EpochPlan.of(3, 1, IMAGES), 0, 4, firstFour(images, EpochPlan.of(3, 1, IMAGES)));
            assertArrayEquals(
                    first, floats(firstFour(images, EpochPlan.of(3, 0, IMAGES)).images()));
        }
    }

    private static Batch firstFour(DeviceImages images, EpochPlan plan) {
        return images.epoch(plan, 0).stage(4).next(4);
    }

    @Test
    void anEpochEndsWhereAnotherBegins() {
        try (DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, true)) {
            EpochBatches first = images.epoch(images.plan(3, 0), 0);
            first.stage(4);
            images.epoch(images.plan(3, 1), 0);
            assertThrows(IllegalStateException.class, () -> first.stage(4));
        }
    }

    /** What a captured step relies on. */
    @Test
    void allStepsOfAllEpochsReadTheSameTensors() {
        for (boolean streamed : new boolean[] {false, true}) {
            try (DeviceImages images = new DeviceImages(set, null, ComputeDevice.CPU, true, streamed)) {
                EpochBatches first = images.epoch(images.plan(3, 0), 0);
                StepBatches step = first.stage(4);
                assertSame(step, first.stage(4));
                assertSame(step, images.epoch(images.plan(3, 1), 0).stage(4));
            }
        }
    }

    /** What a run does: an epoch from some place on in steps of two batches, evaluation in between, another epoch. */
    private static void assertSameBatches(DeviceImages one, DeviceImages other) {
        assertEquals(one.size(), other.size());
        assertArrayEquals(TensorBytes.longs(one.labels()), TensorBytes.longs(other.labels()));
        for (int epoch = 0; epoch < 3; epoch++) {
            EpochBatches ofOne = one.epoch(one.plan(5, epoch), epoch);
            EpochBatches ofOther = other.epoch(other.plan(5, epoch), epoch);
            for (int step = 0; step < 3; step++) {
                StepBatches stepOfOne = ofOne.stage(8);
                StepBatches stepOfOther = ofOther.stage(8);
                for (int batch = 0; batch < 2; batch++) {
                    assertSameBatch(stepOfOne.next(4), stepOfOther.next(4));
                }
            }
            for (long from = 0; from < one.size(); from += 7) {
                long size = Math.min(7, one.size() - from);
                assertSameBatch(one.evaluationBatch(from, size), other.evaluationBatch(from, size));
            }
        }
    }

    private static void assertSameBatch(Batch one, Batch other) {
        assertArrayEquals(floats(one.images()), floats(other.images()));
        assertArrayEquals(TensorBytes.longs(one.labels()), TensorBytes.longs(other.labels()));
        assertTrue(other.images().is_contiguous(MemoryFormat.ChannelsLast));
    }

    @Test
    void streamedImagesAreTheResidentOnesToTheBit() {
        long[] some = LongStream.range(0, IMAGES).filter(i -> i % 4 != 1).toArray();
        for (long[] members : new long[][] {null, some}) {
            for (boolean padded : new boolean[] {false, true}) {
                try (DeviceImages resident = new DeviceImages(set, members, ComputeDevice.CPU, padded, false);
                        DeviceImages streamed = new DeviceImages(set, members, ComputeDevice.CPU, padded, true)) {
                    assertSameBatches(resident, streamed);
                }
            }
        }
    }

    @Test
    void streamingKeepsNothingOfTheBatchesBefore() {
        try (DeviceImages streamed = new DeviceImages(set, null, ComputeDevice.CPU, true, true)) {
            long after = 0;
            for (int epoch = 0; epoch < 20; epoch++) {
                try (PointerScope scope = new PointerScope()) {
                    EpochBatches batches = streamed.epoch(streamed.plan(1, epoch), 0);
                    for (int step = 0; step < 4; step++) {
                        batches.stage(10).next(10);
                    }
                    streamed.pixels(0, 25);
                    streamed.pixels(25, 15);
                }
                if (epoch == 9) {
                    after = Pointer.totalCount();
                }
            }
            // Below, if the collector found something of an earlier test meanwhile.
            assertTrue(Pointer.totalCount() <= after);
        }
    }

    @Test
    void cropsOfLargerImagesMoveByTheSameShareOfThem() {
        ImageSet larger = set.resized(64);
        try (larger;
                DeviceImages images = new DeviceImages(larger, ComputeDevice.CPU, true)) {
            EpochPlan plan = images.plan(1, 0);
            assertEquals(16, Arrays.stream(plan.cropTop()).max().orElseThrow());
            assertArrayEquals(
                    new long[] {4, 3, 64, 64}, firstFour(images, plan).images().shape());
        }
    }

    @Test
    void batchesAreChannelsLast() {
        for (boolean padded : new boolean[] {false, true}) {
            try (DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, padded)) {
                StepBatches step = images.epoch(EpochPlan.of(0, 0, IMAGES), 3).stage(8);
                assertTrue(step.next(8).images().is_contiguous(MemoryFormat.ChannelsLast));
                assertTrue(images.evaluationBatch(3, 8).images().is_contiguous(MemoryFormat.ChannelsLast));
            }
        }
    }

    @Test
    void theSetItWasMadeOfCanBeClosed() {
        DeviceImages images = new DeviceImages(set, ComputeDevice.CPU, false);
        set.close();
        try (images) {
            assertBatch(inOrder(), 0, IMAGES, images.evaluationBatch(0, IMAGES));
        }
    }

    @Test
    void roundedImagesAreTheImagesRounded() {
        Tensor pixels = torch.randint(0, 256, new long[] {4, 3, 8, 8})
                .to(ScalarType.Byte)
                .contiguous(MemoryFormat.ChannelsLast);
        try (Normalization normalization = new Normalization(ComputeDevice.CPU)) {
            Tensor rounded = normalization.apply(pixels, ScalarType.BFloat16);
            TensorAssert.assertIdentical(normalization.apply(pixels).to(ScalarType.BFloat16), rounded, "rounded once");
            assertTrue(rounded.is_contiguous(MemoryFormat.ChannelsLast));
        }
    }
}
