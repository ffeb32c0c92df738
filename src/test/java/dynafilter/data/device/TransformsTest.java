package dynafilter.data.device;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.data.device.TransformedImages.ALL;
import static dynafilter.data.device.TransformedImages.COLOURS;
import static dynafilter.data.device.TransformedImages.IMAGES;
import static dynafilter.data.device.TransformedImages.SIDE;
import static dynafilter.data.device.TransformedImages.batches;
import static dynafilter.data.device.TransformedImages.saved;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.Flip;
import dynafilter.data.ImageSet;
import dynafilter.data.device.Transforms.Jitter;
import dynafilter.data.device.Transforms.Scale;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Transformed batches and the draws that make them. */
@ExtendWith(NativeScope.class)
class TransformsTest {
    private ImageSet set;

    @BeforeEach
    void drawImages() {
        set = TransformedImages.set();
    }

    private DeviceImages images(Transforms transforms, boolean streamed) {
        return TransformedImages.of(set, transforms, streamed);
    }

    @Test
    void aTransformDrawsTheSameWhateverTheOthersAre() {
        EpochPlan all = EpochPlan.of(3, 1, 500, SIDE, ALL, 10);
        Transforms erasing = new Transforms(4, null, Flip.ALTERNATE, Jitter.NONE, 0.7, 0, 0);
        EpochPlan some = EpochPlan.of(3, 1, 500, SIDE, erasing, 10);
        assertArrayEquals(all.order(), some.order());
        for (Draw draw : List.of(Draw.ERASE_TOP, Draw.ERASE_LEFT, Draw.ERASE_BOTTOM, Draw.ERASE_RIGHT)) {
            assertArrayEquals(all.draws()[draw.row()], some.draws()[draw.row()]);
        }
        for (EpochPlan other :
                List.of(EpochPlan.of(3, 2, 500, SIDE, ALL, 10), EpochPlan.of(4, 1, 500, SIDE, ALL, 10))) {
            for (Draw draw : Draw.values()) {
                assertFalse(Arrays.equals(all.draws()[draw.row()], other.draws()[draw.row()]), draw.toString());
            }
        }
    }

    /** All images of a batch are mixed alike, and those of the next otherwise. */
    @Test
    void mixturesAreOfABatch() {
        float[] shares = EpochPlan.of(3, 1, 45, SIDE, ALL, 10).draws()[Draw.MIX_SHARE.row()];
        for (int place = 0; place < 45; place++) {
            assertEquals(shares[place / 10 * 10], shares[place]);
        }
        assertTrue(shares[0] != shares[10] && shares[30] != shares[44]);
    }

    @Test
    void streamedImagesAreTheResidentOnesToTheBit() {
        try (DeviceImages resident = images(ALL, false);
                DeviceImages streamed = images(ALL, true)) {
            EpochPlan plan = resident.plan(1, 0, 8);
            assertSame(batches(resident.epoch(plan, 0), 3, 8), batches(streamed.epoch(plan, 0), 3, 8));
        }
    }

    @Test
    void anEpochGoesOnFromItsMiddle() {
        try (DeviceImages images = images(ALL, false)) {
            EpochPlan plan = images.plan(1, 0, 8);
            List<Batch> whole = batches(images.epoch(plan, 0), 3, 8);
            assertSame(whole.subList(1, 3), batches(images.epoch(plan, 8), 2, 8));
        }
    }

    /** Of an even number of images each, so that no pair is torn apart. */
    @Test
    void ranksShareTheBatchesOfOneProcess() {
        try (DeviceImages images = images(ALL, false)) {
            EpochPlan plan = images.plan(1, 0, 8);
            List<Batch> whole = batches(images.epoch(plan, 0), 3, 8);
            for (int rank = 0; rank < 2; rank++) {
                int first = rank * 4;
                List<Batch> part = batches(images.epoch(plan.shard(rank, 2, 8), 0), 3, 4);
                assertSame(whole.stream().map(batch -> part(batch, first)).toList(), part);
            }
        }
    }

    private static Batch part(Batch batch, int first) {
        Batch.Mixture mixture = Objects.requireNonNull(batch.mixture());
        return new Batch(
                batch.images().narrow(0, first, 4),
                new Targets(batch.labels().narrow(0, first, 4), null),
                false,
                new Batch.Mixture(
                        new Targets(mixture.targets().labels().narrow(0, first, 4), null),
                        mixture.share().narrow(0, first, 4)));
    }

    private static void assertSame(List<Batch> expected, List<Batch> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            Map<String, Object> other = saved(actual.get(i));
            saved(expected.get(i))
                    .forEach((name, tensor) -> assertIdentical(
                            ((Tensor) tensor).contiguous(), ((Tensor) other.get(name)).contiguous(), name));
        }
    }

    @Test
    void theOrderOfTheSetKeepsEveryImagesTransforms() {
        Transforms unmixed = new Transforms(0, new Scale(0.2, 1), Flip.HV, COLOURS, 0.7, 0, 0);
        try (DeviceImages images = images(unmixed, false)) {
            EpochPlan plan = images.plan(1, 0);
            Tensor drawn = batches(images.epoch(plan, 0), 1, IMAGES).get(0).images();
            Tensor ordered = batches(images.epoch(plan.inOrderOfSet(), 0), 1, IMAGES)
                    .get(0)
                    .images();
            assertIdentical(drawn, ordered.index_select(0, TensorBytes.of(plan.order())), "images");
        }
    }

    @Test
    void roundedBatchesAreTheBatchesRounded() {
        Transforms unmixed = new Transforms(0, new Scale(0.2, 1), Flip.HV, COLOURS, 0.7, 0, 0);
        for (Transforms transforms : List.of(ALL, unmixed)) {
            try (DeviceImages images = images(transforms, false)) {
                EpochPlan plan = images.plan(1, 0, 8);
                Tensor exact = images.epoch(plan, 0).stage(8).next(8).images();
                Tensor rounded = images.epoch(plan, 0)
                        .stage(8)
                        .next(8, ScalarType.BFloat16)
                        .images();
                assertIdentical(exact.to(ScalarType.BFloat16), rounded, "rounded once");
                assertTrue(rounded.is_contiguous(MemoryFormat.ChannelsLast));
            }
        }
    }

    @Test
    void theLastImageOfAnOddBatchTakesTheFirst() {
        try (DeviceImages images = images(ALL, false)) {
            EpochPlan plan = images.plan(1, 0, 5);
            Batch batch = images.epoch(plan, 0).stage(5).next(5);
            long[] own = TensorBytes.longs(batch.labels());
            long[] others = TensorBytes.longs(
                    Objects.requireNonNull(batch.mixture()).targets().labels());
            assertArrayEquals(new long[] {own[1], own[0], own[3], own[2], own[0]}, others);
        }
    }

    @Test
    void theLargerShareIsTheMainLabel() {
        Batch.Mixture mixture = new Batch.Mixture(
                new Targets(TensorBytes.of(new long[] {4, 5, 6}), null),
                TensorBytes.of(new float[] {0.7F, 0.5F, 0.3F}));
        Batch batch =
                new Batch(torch.zeros(3), new Targets(TensorBytes.of(new long[] {1, 2, 3}), null), false, mixture);
        assertArrayEquals(new long[] {1, 2, 6}, TensorBytes.longs(batch.mainLabels()));
    }

    @Test
    void aPlanOfOtherTransformsIsRefused() {
        try (DeviceImages images = images(ALL, false)) {
            EpochPlan plan = EpochPlan.of(1, 0, IMAGES);
            assertThrows(IllegalArgumentException.class, () -> images.epoch(plan, 0));
        }
    }

    @Test
    void stepsKeepNothingOfTheBatchesBefore() {
        try (DeviceImages images = images(ALL, false)) {
            long after = 0;
            for (int epoch = 0; epoch < 12; epoch++) {
                try (PointerScope scope = new PointerScope()) {
                    batches(images.epoch(images.plan(1, epoch, 8), 0), 3, 8);
                }
                after = epoch == 5 ? Pointer.totalCount() : after;
            }
            // Below, if the collector found something of an earlier test meanwhile.
            assertTrue(Pointer.totalCount() <= after);
        }
    }
}
