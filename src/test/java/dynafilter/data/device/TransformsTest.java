package dynafilter.data.device;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.data.Flip;
import dynafilter.data.ImageSet;
import dynafilter.data.device.Transforms.Jitter;
import dynafilter.data.device.Transforms.Scale;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Transformed batches against torchvision's functions with the same draws, and the draws against torchvision's definitions. */
@ExtendWith(NativeScope.class)
class TransformsTest {
    private static final int IMAGES = 24;
    private static final int SIDE = 20;
    private static final int PLACES = 20_000;
    private static final Jitter COLOURS = new Jitter(0.4, 0.5, 0.6, 0.2);
    private static final Transforms ALL = new Transforms(0, new Scale(0.2, 1), Flip.HV, COLOURS, 0.7, 0.4, 1);

    @TempDir
    private Path folder;

    private ImageSet set;

    @BeforeEach
    void drawImages() {
        torch.manual_seed(1);
        Tensor images =
                torch.rand(IMAGES, 3, SIDE, SIDE).mul(new Scalar(255.99)).to(ScalarType.Byte);
        images.narrow(0, 0, 3).narrow(1, 1, 2).copy_(images.narrow(0, 0, 3).narrow(1, 0, 1)); // grey, which has no hue
        images.narrow(0, 3, 3).mul_(new Scalar(0L)); // black
        Tensor labels =
                torch.arange(new Scalar(IMAGES)).remainder(new Scalar(7)).to(ScalarType.Long);
        List<String> names =
                IntStream.range(0, 7).mapToObj(label -> "class " + label).toList();
        set = new ImageSet("random", images, labels, names);
    }

    /** Each transform by itself, and all of them. */
    private static Map<String, Transforms> cases() {
        Map<String, Transforms> cases = new LinkedHashMap<>();
        cases.put("crop 5", new Transforms(5, null, Flip.NONE, Jitter.NONE, 0, 0, 0));
        cases.put("flip h", new Transforms(0, null, Flip.H, Jitter.NONE, 0, 0, 0));
        cases.put("flip v", new Transforms(0, null, Flip.V, Jitter.NONE, 0, 0, 0));
        cases.put("flip hv and crop", new Transforms(3, null, Flip.HV, Jitter.NONE, 0, 0, 0));
        cases.put("scale", new Transforms(0, new Scale(0.08, 1), Flip.NONE, Jitter.NONE, 0, 0, 0));
        cases.put("scale and flip", new Transforms(0, new Scale(0.3, 0.5), Flip.HV, Jitter.NONE, 0, 0, 0));
        cases.put("brightness", new Transforms(0, null, Flip.NONE, new Jitter(0.8, 0, 0, 0), 0, 0, 0));
        cases.put("contrast", new Transforms(0, null, Flip.NONE, new Jitter(0, 0.8, 0, 0), 0, 0, 0));
        cases.put("saturation", new Transforms(0, null, Flip.NONE, new Jitter(0, 0, 2, 0), 0, 0, 0));
        cases.put("hue", new Transforms(0, null, Flip.NONE, new Jitter(0, 0, 0, 0.5), 0, 0, 0));
        cases.put("colours", new Transforms(2, null, Flip.RANDOM, COLOURS, 0, 0, 0));
        cases.put("erase", new Transforms(0, null, Flip.NONE, Jitter.NONE, 1, 0, 0));
        cases.put("mixup", new Transforms(0, null, Flip.NONE, Jitter.NONE, 0, 0.3, 0));
        cases.put("cutmix", new Transforms(0, null, Flip.NONE, Jitter.NONE, 0, 0, 1));
        cases.put("all", ALL);
        return cases;
    }

    private static final String TORCHVISION = """
            import sys, torch
            library = torch.library.Library("torchvision", "DEF")  # a wheel for CUDA lacks these two beside a CPU's torch
            try:
                import torchvision
            except RuntimeError:
                library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
                library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
                for name in [name for name in sys.modules if name.startswith("torchvision")]:
                    del sys.modules[name]
                import torchvision
            from torchvision.transforms import functional as F, v2
            torch.set_num_threads(1)
            """;

    private static final String ORACLE = TORCHVISION + """
            MEAN, STD = (.4914, .4822, .4465), (.2470, .2435, .2616)
            mixup, cutmix = v2.MixUp(num_classes=7), v2.CutMix(num_classes=7)
            saved = torch.load(sys.argv[1])
            images = saved["images"]
            for name, case in saved["cases"].items():
                draws = {key: value.tolist() for key, value in case["draws"].items()}
                padding, crops = case["padding"], case["crops"]
                made, labels = [], torch.nn.functional.one_hot(saved["labels"][case["order"]], 7).float()
                for place, index in enumerate(case["order"].tolist()):
                    d = {key: value[place] for key, value in draws.items()}
                    top, left, flip = crops[:, place].tolist()
                    image = images[index]
                    if case["scales"]:
                        box = [int(d[key]) for key in ("BOX_TOP", "BOX_LEFT", "BOX_HEIGHT", "BOX_WIDTH")]
                        image = F.resized_crop(image.float() / 255, *box, image.shape[1:], antialias=True)
                    else:
                        image = F.crop(F.pad(image, padding), top, left, *image.shape[1:]).float() / 255
                    image = F.hflip(image) if flip & 1 else image
                    image = F.vflip(image) if flip & 2 else image
                    brightness, contrast, saturation, hue = case["jitter"]
                    image = F.adjust_brightness(image, d["BRIGHTNESS"]) if brightness else image
                    image = F.adjust_contrast(image, d["CONTRAST"]) if contrast else image
                    image = F.adjust_saturation(image, d["SATURATION"]) if saturation else image
                    image = F.adjust_hue(image, d["HUE"]) if hue else image
                    image = F.normalize(image, MEAN, STD)
                    if case["erases"]:
                        top, left, bottom, right = (int(d["ERASE_" + side]) for side in ("TOP", "LEFT", "BOTTOM", "RIGHT"))
                        image = F.erase(image, top, left, bottom - top, right - left, torch.zeros(1, 1, 1))
                    made.append(image)
                made = torch.stack(made)
                ours = {key: torch.cat([batch[key] for batch in case["batches"]]) for key in ("images", "first", "second", "share")}
                for first in range(0, len(made) if case["mixes"] else 0, 2):      # torchvision rolls: it swaps the images of a pair
                    d = {key: value[first] for key, value in draws.items()}
                    pair, both = made[first:first + 2].clone(), labels[first:first + 2].clone()
                    params = {"labels": both, "batch_size": 2, "lam": d["MIX_SHARE"], "lam_adjusted": d["MIX_SHARE"],
                              "box": [int(d["MIX_" + side]) for side in ("LEFT", "TOP", "RIGHT", "BOTTOM")]}
                    mixing = cutmix if d["MIX_OUTSIDE"] == 1 else mixup
                    made[first:first + 2] = mixing.transform(pair, params)
                    labels[first:first + 2] = mixing.transform(both, params)
                share = ours["share"].unsqueeze(1)
                mixed = share * torch.nn.functional.one_hot(ours["first"], 7)
                mixed = mixed + (1 - share) * torch.nn.functional.one_hot(ours["second"], 7)
                print(f"{name}: {(made - ours['images']).abs().max():.2e} {(labels - mixed).abs().max():.2e}")
            """;

    @Test
    void batchesAreWhatTorchvisionMakesWithTheSameDraws() {
        Map<String, Object> saved = new LinkedHashMap<>();
        Map<String, Object> made = new LinkedHashMap<>();
        saved.put("images", set.images());
        saved.put("labels", set.labels());
        saved.put("cases", made);
        cases().forEach((name, transforms) -> made.put(name, batches(transforms)));
        Path file = folder.resolve("batches.pt");
        TorchFile.write(file, saved);
        String said = Python.withTorchvision().run(ORACLE, file);
        List<String> lines = said.lines().toList();
        assertEquals(cases().size(), lines.size(), said);
        for (String line : lines) {
            String[] words = line.substring(line.indexOf(": ") + 2).split(" ", 2);
            assertTrue(Double.parseDouble(words[0]) < 3e-5, line); // of numbers up to 2.6
            assertTrue(Double.parseDouble(words[1]) < 1e-6, line);
        }
    }

    /** An epoch in batches of eight, and all that decided about it. */
    private Map<String, Object> batches(Transforms transforms) {
        Map<String, Object> made = new LinkedHashMap<>();
        try (DeviceImages images = images(transforms, false)) {
            EpochPlan plan = images.plan(5, 2, 8);
            made.put("order", TensorBytes.of(plan.order()));
            long[] crops = Stream.of(plan.cropTop(), plan.cropLeft(), plan.flip())
                    .flatMapToLong(LongStream::of)
                    .toArray();
            made.put("crops", TensorBytes.of(crops).view(3, IMAGES));
            made.put("padding", transforms.padding());
            made.put("scales", transforms.scale() != null);
            made.put("erases", transforms.erase() > 0);
            made.put("mixes", transforms.mixes());
            Jitter jitter = transforms.jitter();
            made.put("jitter", List.of(jitter.brightness(), jitter.contrast(), jitter.saturation(), jitter.hue()));
            made.put("draws", draws(plan));
            made.put(
                    "batches",
                    batches(images.epoch(plan, 0), 3, 8).stream()
                            .map(TransformsTest::saved)
                            .toList());
        }
        return made;
    }

    private DeviceImages images(Transforms transforms, boolean streamed) {
        return new DeviceImages(set, null, ComputeDevice.CPU, transforms, streamed);
    }

    private static List<Batch> batches(EpochBatches epoch, int count, int size) {
        return Stream.generate(() -> epoch.stage(size).next(size)).limit(count).toList();
    }

    private static Map<String, Object> saved(Batch batch) {
        assertTrue(batch.images().is_contiguous(MemoryFormat.ChannelsLast));
        Batch.Mixture mixture = batch.mixture();
        Map<String, Object> saved = new LinkedHashMap<>();
        saved.put("images", batch.images());
        saved.put("first", batch.labels());
        saved.put("second", mixture == null ? batch.labels() : mixture.labels());
        saved.put("share", mixture == null ? torch.ones(batch.labels().size(0)) : mixture.share());
        return saved;
    }

    /** By name; none where the transforms need none. */
    private static Map<String, Object> draws(EpochPlan plan) {
        Map<String, Object> draws = new LinkedHashMap<>();
        if (plan.draws().length > 0) {
            for (Draw draw : Draw.values()) {
                draws.put(draw.name(), TensorBytes.of(plan.draws()[draw.row()]));
            }
        }
        return draws;
    }

    private static final String DISTRIBUTIONS = TORCHVISION + """
            import math
            from torchvision import transforms
            torch.manual_seed(0)
            saved = torch.load(sys.argv[1])
            draws, side, n = saved["draws"], saved["side"], 4000
            image = torch.zeros(3, side, side)
            def apart(name, ours, theirs):     # the Kolmogorov-Smirnov distance, in units of what chance exceeds in one of a thousand
                at = torch.cat([ours, theirs]).unique()
                below = [(values.sort().values.unsqueeze(0) <= at.unsqueeze(1)).double().mean(1) for values in (ours, theirs)]
                distance = (below[0] - below[1]).abs().max().item()
                print(f"{name}: {distance / 1.95 / math.sqrt(1 / len(ours) + 1 / len(theirs)):.3f}")
            boxes = torch.tensor([transforms.RandomResizedCrop.get_params(image, (.2, 1), (3 / 4, 4 / 3)) for _ in range(n)])
            for i, name in enumerate(("BOX_TOP", "BOX_LEFT", "BOX_HEIGHT", "BOX_WIDTH")):
                apart(name, draws[name][:n], boxes[:, i].float())
            erased = draws["ERASE_BOTTOM"] > 0
            print(f"erased: {abs(erased.double().mean().item() - .7) / math.sqrt(.7 * .3 / len(erased)) / 3.3:.3f}")
            parts = [transforms.RandomErasing.get_params(image, (.02, .33), (.3, 3.3), [0.0])[:4] for _ in range(n)]
            parts = torch.tensor(parts).float()
            ours = {name: draws["ERASE_" + name][erased][:n] for name in ("TOP", "LEFT", "BOTTOM", "RIGHT")}
            apart("erased rows", ours["BOTTOM"] - ours["TOP"], parts[:, 2])
            apart("erased columns", ours["RIGHT"] - ours["LEFT"], parts[:, 3])
            apart("first erased row", ours["TOP"], parts[:, 0])
            apart("first erased column", ours["LEFT"], parts[:, 1])
            jitter = transforms.ColorJitter.get_params
            theirs = [jitter([.6, 1.4], [.5, 1.5], [.4, 1.6], [-.2, .2])[1:] for _ in range(n)]
            for i, name in enumerate(("BRIGHTNESS", "CONTRAST", "SATURATION", "HUE")):
                apart(name, draws[name][:n], torch.tensor(theirs)[:, i].float())
            mixup = draws["MIX_OUTSIDE"] < 1
            print(f"mixup: {abs(mixup.double().mean().item() - .5) / math.sqrt(.25 / len(mixup)) / 3.3:.3f}")
            beta = torch.distributions.Beta(.4, .4).sample((n,))
            apart("mixup's share", draws["MIX_SHARE"][mixup][:n], beta)
            cutmix = [v2.CutMix(alpha=1.0, num_classes=2).make_params([image]) for _ in range(n)]
            apart("cutmix's share", draws["MIX_SHARE"][~mixup][:n], torch.tensor([one["lam_adjusted"] for one in cutmix]))
            boxes = torch.tensor([one["box"] for one in cutmix]).float()
            for i, name in enumerate(("MIX_LEFT", "MIX_TOP", "MIX_RIGHT", "MIX_BOTTOM")):
                apart(name, draws[name][~mixup][:n], boxes[:, i])
            """;

    /** The seeds are fixed: what is within chance today is so for ever. */
    @Test
    void drawsAreDistributedAsTorchvisions() {
        Map<String, Object> saved = new LinkedHashMap<>();
        EpochPlan plan = EpochPlan.of(3, 1, PLACES, SIDE, ALL, 1);
        saved.put("draws", draws(plan));
        saved.put("side", SIDE);
        Path file = folder.resolve("draws.pt");
        TorchFile.write(file, saved);
        String said = Python.withTorchvision().run(DISTRIBUTIONS, file);
        assertEquals(20, said.lines().count(), said);
        said.lines().forEach(line -> assertTrue(Double.parseDouble(line.substring(line.indexOf(": ") + 2)) < 1, line));
        assertEquals(
                0.5, LongStream.of(plan.flip()).filter(flip -> flip % 2 == 1).count() / (double) PLACES, 0.015);
        assertEquals(0.25, LongStream.of(plan.flip()).filter(flip -> flip == 3).count() / (double) PLACES, 0.015);
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
                batch.labels().narrow(0, first, 4),
                false,
                new Batch.Mixture(
                        mixture.labels().narrow(0, first, 4), mixture.share().narrow(0, first, 4)));
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
            long[] others =
                    TensorBytes.longs(Objects.requireNonNull(batch.mixture()).labels());
            assertArrayEquals(new long[] {own[1], own[0], own[3], own[2], own[0]}, others);
        }
    }

    @Test
    void theLargerShareIsTheMainLabel() {
        Batch.Mixture mixture =
                new Batch.Mixture(TensorBytes.of(new long[] {4, 5, 6}), TensorBytes.of(new float[] {0.7F, 0.5F, 0.3F}));
        Batch batch = new Batch(torch.zeros(3), TensorBytes.of(new long[] {1, 2, 3}), false, mixture);
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
            assertEquals(after, Pointer.totalCount());
        }
    }
}
