package dynafilter.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.NativeScope;
import dynafilter.Pictures;
import dynafilter.checkpoint.CalibrationEntry;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportedNetworks;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.torchscript.TorchScriptFormat;
import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.PictureReading;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.Scores;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OnnxRuntime;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.Evaluator;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeScope.class)
class ClassifierTest {
    private static final ClassifierOptions CPU = ClassifierOptions.DEFAULT.withDevice("cpu");

    @TempDir
    private static Path folder;

    private static List<Path> files;

    @BeforeAll
    static void writePictures() throws IOException {
        files = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            files.add(Pictures.picture(folder.resolve("pictures").resolve(i + (i % 2 == 0 ? ".png" : ".jpg")), i));
        }
    }

    private static Path checkpoint(FilterKind kind) {
        return checkpoint(FilterDesign.of(kind), 10, 32, false);
    }

    private static Path checkpoint(FilterDesign design, int classes, int imageSize, boolean adapter) {
        return ExportedNetworks.checkpoint(
                folder.resolve(design.toString().replace(' ', '-') + classes + "-" + imageSize + adapter + ".pt"),
                design,
                classes,
                imageSize,
                adapter);
    }

    /** What {@code predict} computes for the files, as one batch. */
    private static List<Scores> predicted(Path model) {
        try (TrainedNetwork trained = TrainedNetwork.read(model, ComputeDevice.CPU)) {
            List<Tensor> images = DecodedFile.read(files, new PictureReading(trained.imageSize(), true)).stream()
                    .map(DecodedFile::image)
                    .toList();
            return new Evaluator(Precision.FP32, ComputeDevice.CPU).scores(trained.classifier(), images);
        }
    }

    private static float[] logits(Classification classification) {
        float[] logits = new float[classification.scores().size()];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = classification.scores().get(i).score();
        }
        return logits;
    }

    /** @param share of the largest score */
    private static void assertNear(float[] expected, float[] found, double share) {
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertTrue(largest > 0);
        assertArrayEquals(expected, found, (float) (share * largest));
    }

    @Test
    void aCalibratedNetworkRejects() {
        Path plain = checkpoint(FilterKind.DYNAMIC);
        Path calibrated = folder.resolve("calibrated.pt");
        NativeRuntime.load();
        CalibrationEntry.write(plain, Map.of("temperature", 0.25, "threshold", 0.99), calibrated);
        try (Classifier before = Classifier.load(plain, CPU);
                Classifier after = Classifier.load(calibrated, CPU)) {
            assertEquals(OptionalDouble.empty(), before.threshold());
            assertEquals(OptionalDouble.of(0.99), after.threshold());
            for (Path file : files) {
                Classification sure = before.classify(file);
                Classification now = after.classify(file);
                assertFalse(sure.rejected());
                assertArrayEquals(logits(sure), logits(now));
                double[] expected = new Scores(logits(sure), 0.25).probabilities();
                assertEquals(expected[now.best().index()], now.best().probability());
                assertEquals(now.best().probability() < 0.99, now.rejected());
            }
        }
        Path damaged = folder.resolve("damaged.pt");
        CalibrationEntry.write(plain, Map.of("temperature", -1.0, "threshold", 0.99), damaged);
        BadInputException refused = assertThrows(BadInputException.class, () -> Classifier.load(damaged, CPU));
        assertTrue(refused.getMessage().contains("the temperature -1.0 is no number above 0"), refused.getMessage());
    }

    @ParameterizedTest
    @EnumSource(FilterKind.class)
    void scoresArePredictsForEveryKindOfFilters(FilterKind kind) {
        Path model = checkpoint(kind);
        List<Scores> expected = predicted(model);
        try (Classifier classifier = Classifier.load(model, CPU);
                Classifier exact = Classifier.load(model, CPU.withExact(true))) {
            List<Picture> pictures = files.stream().map(classifier::picture).toList();
            List<Classification> together = classifier.classify(pictures);
            List<Classification> exactly = exact.classify(pictures);
            for (int i = 0; i < files.size(); i++) {
                assertNear(expected.get(i).logits(), logits(classifier.classify(files.get(i))), 1e-5);
                assertNear(expected.get(i).logits(), logits(together.get(i)), 1e-5);
                assertArrayEquals(expected.get(i).logits(), logits(exactly.get(i)));
            }
        }
    }

    @Test
    void scoresOfNetworksWithSeveralHeadsOtherSizesAndAdaptersArePredicts() {
        FilterDesign heads = new FilterDesign(
                FilterKind.DYNAMIC,
                3,
                1,
                FilterDesign.BASIS,
                FilterDesign.of(FilterKind.DYNAMIC).basisImage());
        FilterDesign wide = new FilterDesign(FilterKind.DYNAMIC, 1, 3, FilterDesign.BASIS, heads.basisImage());
        FilterDesign single = new FilterDesign(FilterKind.SINGLE, 2, 1, FilterDesign.BASIS, heads.basisImage());
        List<Path> models = List.of(
                checkpoint(heads, 7, 32, false),
                checkpoint(wide, 10, 32, false),
                checkpoint(single, 10, 32, false),
                checkpoint(FilterDesign.of(FilterKind.DYNAMIC), 3, 45, false),
                checkpoint(FilterDesign.of(FilterKind.STATIC), 130, 64, false),
                checkpoint(FilterDesign.of(FilterKind.DYNAMIC), 4, 32, true),
                checkpoint(FilterDesign.of(FilterKind.DYNAMIC), 4, 80, false));
        for (Path model : models) {
            List<Scores> expected = predicted(model);
            try (Classifier classifier = Classifier.load(model, CPU)) {
                for (int i = 0; i < files.size(); i++) {
                    assertNear(expected.get(i).logits(), logits(classifier.classify(files.get(i))), 1e-5);
                }
            }
        }
    }

    /** A picture's scores are those that it has alone but for rounding, with any number of threads; the same call gives the same bits. */
    @Test
    void aPicturesScoresDoNotDependOnTheOthers() {
        Path model = checkpoint(FilterKind.DYNAMIC);
        try (Classifier classifier = Classifier.load(model, CPU);
                Classifier two = Classifier.load(model, CPU.withThreads(2))) {
            List<Picture> pictures = new ArrayList<>();
            for (int i = 0; i < 9; i++) { // a batch on each thread
                pictures.add(classifier.picture(files.get(i % files.size())));
            }
            List<Classification> alone =
                    pictures.stream().map(classifier::classify).toList();
            for (Classifier any : List.of(classifier, two)) {
                List<Classification> together = any.classify(pictures);
                for (int i = 0; i < alone.size(); i++) {
                    assertNear(logits(alone.get(i)), logits(together.get(i)), 1e-5);
                }
                assertEquals(together, any.classify(pictures));
            }
            assertEquals(alone.subList(0, 3), classifier.classify(pictures.subList(0, 3))); // too few for a batch
            assertNotEquals(alone.get(0), alone.get(1));
            assertEquals(List.of(), classifier.classify(List.of()));
        }
    }

    @Test
    void filesBytesAndDecodedPicturesAreTheSame() throws IOException {
        Path model = checkpoint(FilterKind.DYNAMIC);
        int[] types = {
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_BYTE_GRAY,
            BufferedImage.TYPE_USHORT_GRAY,
            BufferedImage.TYPE_BYTE_INDEXED,
            BufferedImage.TYPE_BYTE_BINARY
        };
        try (Classifier classifier = Classifier.load(model, CPU)) {
            for (int type : types) {
                Path file = Pictures.picture(folder.resolve("types").resolve(type + ".png"), type, 40, 50, type);
                BufferedImage decoded = ImageIO.read(file.toFile());
                byte[] planes = classifier.picture(file).planes();
                assertArrayEquals(
                        planes, classifier.picture(Files.readAllBytes(file)).planes());
                assertArrayEquals(planes, classifier.picture(decoded).planes(), "type " + type);
                assertEquals(classifier.classify(file), classifier.classify(decoded));
                assertEquals(classifier.classify(file), classifier.classify(Picture.ofPlanes(32, planes)));
            }
            BufferedImage part = ImageIO.read(files.get(0).toFile()).getSubimage(3, 4, 10, 12);
            BufferedImage copy = new BufferedImage(10, 12, BufferedImage.TYPE_INT_RGB);
            copy.createGraphics().drawImage(part, 0, 0, null);
            assertArrayEquals(
                    classifier.picture(copy).planes(), classifier.picture(part).planes());
        }
    }

    @Test
    void labelsScoresAndProbabilitiesGoTogether() {
        try (Classifier classifier = Classifier.load(checkpoint(FilterKind.DYNAMIC), CPU)) {
            Classification found = classifier.classify(files.get(0));
            assertEquals(32, classifier.imageSize());
            assertEquals(10, classifier.labels().size());
            assertEquals(
                    classifier.labels(),
                    found.scores().stream().map(Classification.Score::label).toList());
            double sum = found.scores().stream()
                    .mapToDouble(Classification.Score::probability)
                    .sum();
            assertEquals(1, sum, 1e-12);
            List<Classification.Score> ranked = found.ranked();
            for (int i = 1; i < ranked.size(); i++) {
                assertTrue(ranked.get(i - 1).score() >= ranked.get(i).score());
                assertTrue(ranked.get(i - 1).probability() >= ranked.get(i).probability());
            }
            assertEquals(ranked.get(0), found.best());
            assertEquals(ranked.subList(0, 3), found.top(3));
            assertEquals(found.best(), found.scores().get(found.best().index()));
        }
    }

    /** The score is what the predictor makes of the maps, and a map is what the filter makes of the features: here, their shapes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void mapsAndFiltersBelongToLabels(boolean shared) {
        FilterKind kind = shared ? FilterKind.SINGLE : FilterKind.DYNAMIC;
        FilterDesign design = new FilterDesign(
                kind, 2, 1, FilterDesign.BASIS, FilterDesign.of(kind).basisImage());
        Path model = checkpoint(design, 5, 32, false);
        try (Classifier classifier = Classifier.load(model, CPU);
                TrainedNetwork trained = TrainedNetwork.read(model, ComputeDevice.CPU);
                InferenceMode inference = new InferenceMode()) {
            Picture picture = classifier.picture(files.get(0));
            Tensor pixels = dynafilter.model.Classifier.batch(
                    List.of(TensorBytes.of(picture.planes()).view(3, 32, 32)), ComputeDevice.CPU);
            Tensor expected = trained.classifier().responseMaps(pixels);
            List<LabelMap> maps = classifier.responseMaps(picture);
            assertEquals(shared ? 2 : 10, maps.size());
            for (int i = 0; i < maps.size(); i++) {
                LabelMap map = maps.get(i);
                assertEquals(shared ? "" : classifier.labels().get(i / 2), map.label());
                assertEquals(i % 2, map.head());
                assertEquals(8, map.height());
                assertEquals(8, map.width());
                assertArrayEquals(
                        TensorBytes.floats(expected.select(0, 0).select(0, i).contiguous()), map.values());
                assertEquals(map.values()[3 * 8 + 5], map.at(3, 5));
            }
            List<LabelFilter> filters = classifier.filters();
            assertEquals(maps.size(), filters.size());
            for (LabelFilter filter : filters) {
                double squares = 0;
                for (float value : filter.values()) {
                    squares += value * value;
                }
                assertEquals(64, filter.values().length);
                assertEquals(1, squares, 1e-5);
            }
        }
    }

    @Test
    void filtersOfThePictureDifferFromPictureToPicture() {
        try (Classifier classifier = Classifier.load(checkpoint(FilterKind.CONDITIONAL), CPU)) {
            float[] first =
                    classifier.filters(classifier.picture(files.get(0))).get(0).values();
            float[] second =
                    classifier.filters(classifier.picture(files.get(1))).get(0).values();
            assertTrue(java.util.Arrays.mismatch(first, second) >= 0);
        }
    }

    @Test
    void exportedNetworksLoadAndOnnxRuntimeAgrees() {
        Path model = checkpoint(FilterKind.DYNAMIC);
        Path script = folder.resolve("model.ts.pt");
        try (TrainedNetwork trained = TrainedNetwork.read(model, ComputeDevice.CPU)) {
            new TorchScriptFormat()
                    .write(trained, new ExportSettings(ScriptInput.UINT8, true), script, ExportedNetworks.VERSIONS);
        }
        List<Scores> expected = predicted(model);
        try (Classifier classifier = Classifier.load(script, CPU)) {
            assertNear(expected.get(1).logits(), logits(classifier.classify(files.get(1))), 1e-5);
        }
        assumeTrue(OnnxRuntime.find().isPresent(), "ONNX Runtime is not on this machine");
        try (Classifier classifier = Classifier.load(model, CPU.withEngine(Engine.ONNX_RUNTIME))) {
            assertTrue(classifier.description().contains("ONNX"), classifier.description());
            for (int i = 0; i < files.size(); i++) {
                assertNear(expected.get(i).logits(), logits(classifier.classify(files.get(i))), 1e-4);
            }
            assertEquals(
                    10,
                    classifier.responseMaps(classifier.picture(files.get(0))).size());
            assertTrue(assertThrows(BadInputException.class, classifier::filters)
                    .getMessage()
                    .contains("does not give its filters"));
        }
    }

    @Test
    void badInputIsToldInOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.pt"), "no network");
        refused(() -> Classifier.load(text, CPU), "notes.pt");
        refused(() -> Classifier.load(folder.resolve("absent.pt"), CPU), "absent.pt");
        Path model = checkpoint(FilterKind.DYNAMIC);
        refused(() -> Classifier.load(model, CPU.withDevice("gpu")), "gpu");
        refused(() -> Classifier.load(model, CPU.withPrecision("fp8")), "fp8");
        refused(() -> Classifier.load(model, CPU.withViews("many")), "many");
        assertThrows(IllegalArgumentException.class, () -> CPU.withThreads(0));
        try (Classifier classifier = Classifier.load(model, CPU)) {
            refused(() -> classifier.classify(text), "neither PNG");
            refused(() -> classifier.classify(folder.resolve("absent.png")), "absent.png");
            refused(() -> classifier.classify(folder), "is no file");
            refused(() -> classifier.classify(new byte[0]), "is empty");
            byte[] half = java.util.Arrays.copyOf(Files.readAllBytes(files.get(0)), 300);
            refused(() -> classifier.classify(half), "PNG");
            refused(() -> classifier.classify(new BufferedImage(1, 5000, BufferedImage.TYPE_INT_RGB)), "too narrow");
            assertThrows(IllegalArgumentException.class, () -> Picture.ofPlanes(32, new byte[7]));
            Picture other = Picture.ofPlanes(8, new byte[3 * 8 * 8]);
            assertThrows(IllegalArgumentException.class, () -> classifier.classify(other));
        }
    }

    private static void refused(org.junit.jupiter.api.function.Executable call, String part) {
        String message = assertThrows(BadInputException.class, call).getMessage();
        assertTrue(message.contains(part), message);
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void whatIsClosedRefusesCallsAndIsClosedOnce() {
        Classifier classifier = Classifier.load(checkpoint(FilterKind.DYNAMIC), CPU);
        Picture picture = classifier.picture(files.get(0));
        classifier.close();
        classifier.close();
        String message = assertThrows(IllegalStateException.class, () -> classifier.classify(picture))
                .getMessage();
        assertTrue(message.contains("is closed"), message);
        assertThrows(IllegalStateException.class, () -> classifier.responseMaps(picture));
        assertThrows(IllegalStateException.class, classifier::filters);
    }
}
