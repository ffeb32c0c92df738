package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class ImageSetTest {
    private static final List<String> CLASSES = List.of("a", "b");

    /** Images whose every pixel is their number. */
    private static ImageSet numbered(long... labels) {
        try (PointerScope scope = new PointerScope()) {
            Tensor images = TensorBytes.empty(ScalarType.Byte, labels.length, 3, 2, 2);
            byte[] pixels = new byte[labels.length * 12];
            for (int i = 0; i < labels.length; i++) {
                Arrays.fill(pixels, i * 12, (i + 1) * 12, (byte) i);
            }
            TensorBytes.view(images, 0, pixels.length).put(pixels);
            return new ImageSet("numbered", images, TensorBytes.of(labels), CLASSES);
        }
    }

    @Test
    void tensorsOutliveTheScopeTheyWereMadeInAndEndWithTheSet() {
        numbered(0).close(); // loads everything that stays
        long before = Pointer.totalCount();
        ImageSet set = numbered(1, 0, 1);
        assertEquals(3, set.size());
        assertArrayEquals(new long[] {1, 0, 1}, set.labelArray());
        set.close();
        // Below, if the collector found something of an earlier test meanwhile.
        assertTrue(Pointer.totalCount() <= before);
        assertTrue(set.images().isNull());
    }

    @Test
    void limitGivesTheFirstImagesAndAllWhenThereAreNoMore() {
        try (ImageSet set = numbered(1, 0, 1);
                ImageSet two = set.limit(2);
                ImageSet all = set.limit(99)) {
            assertEquals(2, two.size());
            assertArrayEquals(new long[] {1, 0}, two.labelArray());
            assertEquals(3, all.size());
            assertThrows(IllegalArgumentException.class, () -> set.limit(0));
        }
    }

    @Test
    void imagesKeepTheirPlacesThroughEveryChange() {
        long[] chosen = {2, 0};
        try (ImageSet set = numbered(1, 0, 1);
                ImageSet first = set.limit(2);
                ImageSet some = set.subset(chosen);
                ImageSet again = some.subset(new long[] {1, 1});
                ImageSet others = some.relabelled(new int[] {1, 0}, CLASSES);
                ImageSet ofB = set.ofClasses(List.of("b"));
                ImageSet larger = some.resized(4)) {
            chosen[0] = 1; // no matter to the set
            assertEquals(new ImagePlace("numbered", 1), first.places().of(1));
            assertEquals(new ImagePlace("numbered", 2), some.places().of(0));
            assertEquals(new ImagePlace("numbered", 0), again.places().of(0));
            assertEquals(new ImagePlace("numbered", 2), others.places().of(0));
            assertEquals(new ImagePlace("numbered", 2), ofB.places().of(1));
            assertEquals("numbered:0", larger.places().of(1).toString());
        }
    }

    @Test
    void limitedSetOutlivesTheWholeOne() {
        ImageSet set = numbered(1, 0, 1);
        try (ImageSet two = set.limit(2)) {
            set.close();
            assertEquals(1, TensorBytes.bytes(two.images())[12]);
        }
    }

    @Test
    void subsetKeepsTheGivenOrder() {
        try (ImageSet set = numbered(1, 0, 1);
                ImageSet subset = set.subset(new long[] {2, 1})) {
            assertArrayEquals(new long[] {1, 0}, subset.labelArray());
            assertEquals(2, TensorBytes.bytes(subset.images())[0]);
            assertEquals(1, TensorBytes.bytes(subset.images())[12]);
            assertTrue(subset.images().is_contiguous());
            assertThrows(IndexOutOfBoundsException.class, () -> set.subset(new long[] {3}));
            assertThrows(IndexOutOfBoundsException.class, () -> set.subset(new long[] {-1}));
        }
    }

    @Test
    void refusesLabelsBeyondTheClassesAndWrongShapes() {
        assertEquals(
                "labels from 0 to 2 for 2 classes",
                assertThrows(IllegalArgumentException.class, () -> numbered(0, 2))
                        .getMessage());
        try (PointerScope scope = new PointerScope()) {
            Tensor images = TensorBytes.empty(ScalarType.Byte, 2, 3, 2, 2);
            Tensor labels = TensorBytes.of(new long[] {0});
            assertThrows(IllegalArgumentException.class, () -> new ImageSet("x", images, labels, CLASSES));
            assertThrows(IllegalArgumentException.class, () -> new ImageSet("x", labels, labels, CLASSES));
        }
    }
}
