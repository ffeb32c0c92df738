package dynafilter.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.audit.AuditedImages.Part;
import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.SampleSet;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CudaDiagnosis;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class LabelIssuesTest {
    private static final int IMAGES = 3000;
    private static final int WRONG = 80;

    @TempDir
    private Path folder;

    /** Of 3,000 images of the sample set 80 have a wrong label: of the first 80 doubts by chance 2 would be among them. */
    @Test
    void plantedWrongLabelsAreAtTheTop() {
        ComputeDevice cpu = ComputeDevice.choose("cpu", CudaDiagnosis.ofMachine(null));
        Random random = new Random(3);
        try (DataSet sample = SampleSet.make();
                ImageSet some = sample.train().limit(IMAGES)) {
            long[] labels = some.labelArray();
            Set<Integer> planted = new HashSet<>();
            while (planted.size() < WRONG) {
                int image = random.nextInt(IMAGES);
                if (planted.add(image)) {
                    labels[image] = (labels[image] + 1 + random.nextInt(9)) % 10;
                }
            }
            try (ImageSet changed = new ImageSet("changed", some.images(), TensorBytes.of(labels), some.classes());
                    PretrainedBackbone backbone =
                            new BackboneSource().load(BackboneSource.RANDOM, "layer1", 32, cpu, (done, total) -> {})) {
                LabelIssues issues = LabelCheck.of(
                        new AuditedImages(List.of(new Part("all", changed))),
                        10,
                        List.of(),
                        backbone,
                        cpu,
                        share -> {});
                Set<Integer> top = issues.issues().stream()
                        .limit(WRONG)
                        .map(LabelIssue::image)
                        .collect(Collectors.toSet());
                top.retainAll(planted);
                assertTrue(top.size() >= 24, top.size() + " of " + WRONG + ", " + issues.accuracy());
            }
        }
    }

    /** The definition, written down in PyTorch. */
    @Test
    void theIssuesAreThoseOfConfidentLearning() throws IOException {
        Python python = Python.withTorch();
        Random random = new Random(5);
        float[] values = new float[4 * 300];
        int[] labels = new int[300];
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(4);
            text.append(labels[i]);
            for (int k = 0; k < 4; k++) {
                values[4 * i + k] = random.nextFloat() + (k == labels[i] && random.nextInt(3) > 0 ? 0.5F : 0);
                text.append(' ').append(values[4 * i + k]);
            }
            text.append('\n');
        }
        Path rows = Files.writeString(folder.resolve("rows.txt"), text);
        Tensor scores = TensorBytes.of(values).view(-1, 4);
        LabelIssues issues = LabelIssues.of("noise", scores, labels);
        String expected = python.run("""
                import sys, torch
                rows = [line.split() for line in open(sys.argv[1])]
                y = torch.tensor([int(row[0]) for row in rows])
                p = torch.tensor([[float(x) for x in row[1:]] for row in rows], dtype=torch.float32).double()
                t = torch.stack([p[y == j, j].mean() for j in range(4)])
                reach = torch.where(p >= t, p, -9.0)
                star = reach.argmax(1)
                own = p.gather(1, y[:, None])[:, 0]
                issue = (reach.max(1).values > -9) & (star != y) & (p.gather(1, star[:, None])[:, 0] > own)
                margin = p.gather(1, star[:, None])[:, 0] - own
                found = sorted((i for i in range(len(y)) if issue[i]), key=lambda i: -margin[i])
                print(" ".join(f"{i}:{star[i]}" for i in found))
                print((p.argmax(1) == y).double().mean().item())
                """, rows);
        List<String> lines = expected.lines().toList();
        assertEquals(
                lines.get(0),
                issues.issues().stream()
                        .map(issue -> issue.image() + ":" + issue.suggested())
                        .collect(Collectors.joining(" ")));
        assertEquals(Double.parseDouble(lines.get(1)), issues.accuracy(), 1e-9);
        assertTrue(issues.issues().size() > 20, issues.issues().size() + " issues");
    }

    @Test
    void scoresThatAreNoNumbersSpeakForNoLabel() {
        Tensor scores = TensorBytes.of(new float[] {0.2F, 0.8F, Float.NaN, 0.5F}).view(-1, 2);
        String message = assertThrows(
                        InputException.class, () -> LabelIssues.of("the network in x.pt", scores, new int[] {0, 1}))
                .getMessage();
        assertEquals(
                "labels cannot be looked at: the network in x.pt gives scores that are no finite numbers;"
                        + " give another --model or --backbone",
                message);
    }

    /** Images that count as the same are in one fold: two copies with one wrong label do not vouch for each other. */
    @Test
    void copiesDoNotVouchForEachOther() {
        int images = 60;
        float[] features = new float[images * 2];
        int[] labels = new int[images];
        int[] same = new int[images];
        for (int i = 0; i < images; i++) {
            labels[i] = i % 2;
            features[2 * i] = i % 2 == 0 ? 1 : -1;
            features[2 * i + 1] = 1; // the constant
            same[i] = i;
        }
        same[4] = 2; // two of label 0 that all others speak against
        features[4] = features[8] = -1;
        try (Tensor scores = OutOfFold.scores(TensorBytes.of(features).view(images, 2), labels, same, 2)) {
            LabelIssues issues = LabelIssues.of("x", scores, labels);
            assertEquals(
                    Set.of(2, 4),
                    issues.issues().stream().map(LabelIssue::image).collect(Collectors.toSet()));
        }
    }
}
