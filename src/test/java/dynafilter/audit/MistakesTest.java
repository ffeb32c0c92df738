package dynafilter.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.audit.AuditedImages.Part;
import dynafilter.data.ImagePlace;
import dynafilter.data.ImageSet;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class MistakesTest {
    private static final List<String> CLASSES = List.of("=1+1", "b,\"c\"", "d\ne");

    @TempDir
    private Path folder;

    private static Tensor scores(float... values) {
        return TensorBytes.of(values).view(-1, 3);
    }

    @Test
    void theMostConfidentComesFirst() {
        Tensor scores = scores(0, 2, 1, 5, 0, 0, 1, 3, 2, 0, 9, 0);
        List<Mistake> mistakes = Mistakes.of(scores, TensorBytes.of(new long[] {2, 0, 0, 2}));
        assertEquals(List.of(3, 2, 0), mistakes.stream().map(Mistake::image).toList());
        Mistake third = mistakes.get(1); // scores 1, 3, 2 and label 0
        assertEquals(1, third.predicted());
        assertEquals(3, third.rank());
        assertEquals(2, third.margin());
        double sum = Math.exp(1) + Math.exp(3) + Math.exp(2);
        assertEquals(Math.exp(1) / sum, third.labelProbability(), 1e-12);
        assertEquals(Math.exp(3) / sum, third.predictedProbability(), 1e-12);
    }

    @Test
    void ofEqualScoresTheSecondIsAMistakeOfRankTwo() {
        List<Mistake> mistakes = Mistakes.of(scores(1, 1, 0), TensorBytes.of(new long[] {1}));
        assertEquals(2, mistakes.get(0).rank());
        assertEquals(0, mistakes.get(0).margin());
    }

    /** The numbers against PyTorch's softmax, the cells against Python's csv. */
    @Test
    void pythonReadsTheTable() throws IOException {
        Python python = Python.withTorch();
        Random random = new Random(1);
        float[] values = new float[3 * 200];
        long[] labels = new long[200];
        StringBuilder written = new StringBuilder();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(3);
            written.append(labels[i]);
            for (int k = 0; k < 3; k++) {
                values[3 * i + k] = (float) (4 * random.nextGaussian());
                written.append(' ').append(values[3 * i + k]);
            }
            written.append('\n');
        }
        Path rows = Files.writeString(folder.resolve("rows.txt"), written);
        Tensor pixels = TensorBytes.empty(ScalarType.Byte, 200, 3, 1, 1);
        try (ImageSet set = new ImageSet(
                "made",
                pixels,
                TensorBytes.of(labels),
                CLASSES,
                i -> new ImagePlace(
                        i % 2 == 0 ? "=HYPERLINK(\"" + i + ",\").png" : "batch.bin",
                        i % 2 == 0 ? ImagePlace.ALONE : i))) {
            List<Mistake> mistakes = Mistakes.of(scores(values), TensorBytes.of(labels));
            Path table = Files.writeString(
                    folder.resolve("mistakes.csv"),
                    Mistakes.csv(mistakes, new AuditedImages(List.of(new Part("test", set))), CLASSES));
            String said = python.run("""
                    import csv, sys, torch
                    rows = [line.split() for line in open(sys.argv[1])]
                    labels = torch.tensor([int(row[0]) for row in rows])
                    scores = torch.tensor([[float(x) for x in row[1:]] for row in rows], dtype=torch.float64)
                    shares = scores.softmax(1)
                    names = ["'=1+1", 'b,"c"', "d\\ne"]
                    table = list(csv.DictReader(open(sys.argv[2], newline="")))
                    seen, last = set(), 2
                    for row in table:
                        i = int(row["index"]) if row["index"] else int(row["file"].split('"')[1].split(",")[0])
                        assert row["file"] == ("batch.bin" if row["index"] else f'./=HYPERLINK("{i},").png'), row
                        label, taken = names.index(row["label"]), names.index(row["predicted"])
                        assert label == labels[i] and taken == scores[i].argmax() and taken != label, row
                        assert abs(float(row["label_probability"]) / shares[i, label] - 1) < 1e-5, row
                        assert abs(float(row["predicted_probability"]) / shares[i, taken] - 1) < 1e-5, row
                        assert abs(float(row["margin"]) - (scores[i, taken] - scores[i, label])) < 1e-4, row
                        assert int(row["label_rank"]) == (scores[i] > scores[i, label]).sum() + 1, row
                        assert float(row["predicted_probability"]) <= last
                        last = float(row["predicted_probability"])
                        seen.add(i)
                    assert seen == {i for i in range(200) if scores[i].argmax() != labels[i]}
                    print(len(table))
                    """, rows, table);
            assertEquals(String.valueOf(mistakes.size()), said.strip());
            assertTrue(mistakes.size() > 50, String.format(Locale.ROOT, "%d", mistakes.size()));
        }
    }
}
