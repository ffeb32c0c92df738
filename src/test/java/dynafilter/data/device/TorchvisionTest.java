package dynafilter.data.device;

import static dynafilter.data.device.TransformedImages.ALL;
import static dynafilter.data.device.TransformedImages.COLOURS;
import static dynafilter.data.device.TransformedImages.IMAGES;
import static dynafilter.data.device.TransformedImages.SIDE;
import static dynafilter.data.device.TransformedImages.batches;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.data.Flip;
import dynafilter.data.ImageSet;
import dynafilter.data.device.Transforms.Jitter;
import dynafilter.data.device.Transforms.Scale;
import dynafilter.runtime.TensorBytes;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Transformed batches against torchvision's functions with the same draws, and the draws against torchvision's definitions. */
@ExtendWith(NativeScope.class)
class TorchvisionTest {
    private static final int PLACES = 20_000;

    @TempDir
    private Path folder;

    private ImageSet set;

    @BeforeEach
    void drawImages() {
        set = TransformedImages.set();
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

    private static final String TORCHVISION = Python.TORCHVISION + """
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
        cases().forEach((name, transforms) -> made.put(name, epoch(transforms)));
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
    private Map<String, Object> epoch(Transforms transforms) {
        Map<String, Object> made = new LinkedHashMap<>();
        try (DeviceImages images = TransformedImages.of(set, transforms, false)) {
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
                            .map(TransformedImages::saved)
                            .toList());
        }
        return made;
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
}
