package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.data.source.DataSource;
import dynafilter.runtime.TensorBytes;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SampleSetTest {
    @Test
    void sameBytesOnEveryMachine() {
        try (DataSet data = DataSource.open("sample")) {
            assertEquals("16da32adc17643c33d1aaf466a0aa7d3baa24a74ac5b32d4ffac358d88563444", data.sha256());
        }
    }

    @Test
    void tenBalancedShuffledClassesThatAreNotCifar() {
        try (DataSet data = SampleSet.make()) {
            DataSummary summary = DataSummary.of(data);
            assertEquals(Collections.nCopies(10, 800L), summary.train().perClass());
            assertEquals(Collections.nCopies(10, 200L), summary.test().perClass());
            assertArrayEquals(
                    new long[] {8000, 3, 32, 32}, data.train().images().shape());
            assertEquals(
                    List.of(
                            "circle",
                            "ring",
                            "square",
                            "triangle",
                            "cross",
                            "stripes",
                            "checks",
                            "dots",
                            "gradient",
                            "noise"),
                    data.classes());
            assertTrue(java.util.Arrays.stream(data.train().labelArray())
                            .limit(20)
                            .distinct()
                            .count()
                    > 5);
            for (double std : summary.train().std()) {
                assertTrue(std > 0.15, "images with contrast, not " + std);
            }
            for (String name :
                    List.of(data.name(), data.train().name(), data.test().name())) {
                assertFalse(name.toLowerCase(java.util.Locale.ROOT).contains("cifar"));
            }
        }
    }

    /** Colours say nothing: a class's mean colour is the mean of all. */
    @Test
    void meanColourDoesNotTellTheClass() {
        try (DataSet data = SampleSet.make()) {
            byte[] pixels = TensorBytes.bytes(data.train().images());
            long[] labels = data.train().labelArray();
            double[] sum = new double[10];
            for (int i = 0; i < labels.length; i++) {
                for (int p = 0; p < 3072; p++) {
                    sum[(int) labels[i]] += pixels[i * 3072 + p] & 255;
                }
            }
            for (double total : sum) {
                assertEquals(127.5, total / 800 / 3072, 4);
            }
        }
    }
}
