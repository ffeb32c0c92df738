package dynafilter.runfolder;

import dynafilter.data.Flip;
import dynafilter.data.device.EpochPlan;
import dynafilter.data.device.Transforms;
import dynafilter.io.InputException;
import dynafilter.runfolder.Setting.Range;
import dynafilter.runfolder.Setting.Trait;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The random transforms of the training images. */
public record Augmentation(
        @Setting(
                place = 16,
                help = "random transforms of the training images: crops and flips, and those that other options add",
                offHelp = "the training images as they are",
                traits = Trait.FIXED)
        boolean augment,

        @Setting(
                place = 42,
                argument = "HOW",
                help =
                        "mirror training images: alternate (left and right, each in every second epoch), random or h (left and right, by chance), v (upside down, by chance), hv (both, by chance) or none",
                header = "flips {}",
                traits = Trait.FIXED)
        Flip flip,

        @Setting(
                place = 45,
                argument = "N|auto",
                help =
                        "RandomCrop: crops of the image with N black pixels on each side (auto: an eighth of its size; 0 with --scale); 0: none",
                open = "auto",
                range = Range.LIMIT,
                header = "crop {}",
                traits = Trait.FIXED)
        int crop,

        @Setting(
                place = 46,
                argument = "MIN[,MAX]",
                help =
                        "RandomResizedCrop, instead of --crop: a part of the image, of this share of its area (MAX: 1) and a ratio from 3:4 to 4:3, enlarged to its size; none: the whole",
                header = "scale {}",
                traits = Trait.FIXED)
        String scale,

        @Setting(
                place = 47,
                argument = "B,C,S[,H]",
                help =
                        "ColorJitter: change brightness, contrast, saturation by up to this share, and the hue by up to H of its circle; one number: the first three",
                header = "color jitter {}",
                traits = Trait.FIXED)
        String colorJitter,

        @Setting(
                place = 48,
                argument = "P",
                help = "RandomErasing: the probability that a part of an image is erased (2 to 33 % of its area)",
                range = Range.PROBABILITY,
                header = "erase {}",
                traits = Trait.FIXED)
        double erase,

        @Setting(
                place = 49,
                argument = "ALPHA",
                help =
                        "MixUp: mix images in pairs, and their labels, by a share from Beta(ALPHA, ALPHA), one a batch; 0: never",
                range = Range.NOT_NEGATIVE,
                header = "mixup {}",
                traits = Trait.FIXED)
        double mixup,

        @Setting(
                place = 50,
                argument = "ALPHA",
                help =
                        "CutMix: put a part of one image of a pair into the other, and mix their labels by area; with --mixup: each batch has one of the two, by chance; 0: never",
                range = Range.NOT_NEGATIVE,
                header = "cutmix {}",
                traits = Trait.FIXED)
        double cutmix) {
    private static final String NONE = "none";

    private static final double STRONGEST = 255; // a change of colours: with more all that is not black is white

    /** Crops and flips. */
    public static final Augmentation DEFAULT =
            new Augmentation(true, Flip.ALTERNATE, Setting.OPEN, NONE, NONE, 0, 0, 0);

    /** @throws InputException where a value makes no sense, or two contradict each other */
    public Augmentation {
        boolean isScaled = scale(scale) != null;
        if (isScaled && crop > 0) {
            throw new InputException(
                    "--crop " + crop + " with --scale " + scale + ": an image is cropped in one way; give one of them");
        }
        Map<String, String> asked = new LinkedHashMap<>();
        asked.put("crop", crop > 0 ? String.valueOf(crop) : "");
        asked.put("scale", isScaled ? scale : "");
        asked.put("color-jitter", jitter(colorJitter).equals(Transforms.Jitter.NONE) ? "" : colorJitter);
        asked.put("erase", erase > 0 ? Recipes.typed(erase) : "");
        asked.put("mixup", mixup > 0 ? Recipes.typed(mixup) : "");
        asked.put("cutmix", cutmix > 0 ? Recipes.typed(cutmix) : "");
        asked.forEach((option, value) -> {
            if (!augment && !value.isEmpty()) {
                throw new InputException("--" + option + " " + value
                        + " with --no-augment, which leaves the images as they are; give one of them");
            }
        });
    }

    /**
     * The transforms of images of a size.
     *
     * @param imageSize height and width in pixels
     */
    public Transforms transforms(int imageSize) {
        if (!augment) {
            return Transforms.NONE;
        }
        Transforms.@Nullable Scale area = scale(scale);
        int usual = area == null ? EpochPlan.padding(imageSize) : 0;
        return new Transforms(
                crop == Setting.OPEN ? usual : crop, area, flip, jitter(colorJitter), erase, mixup, cutmix);
    }

    /** True: images are mixed in pairs; false: each is of one label. */
    public boolean mixes() {
        return mixup > 0 || cutmix > 0;
    }

    /** Crop and flip in words; {@link SettingTable#header} has words for the other transforms. */
    public String cropAndFlip() {
        List<String> words = new ArrayList<>();
        if (augment && crop != 0 && scale(scale) == null) {
            words.add("crop");
        }
        if (augment && flip != Flip.NONE) {
            words.add("flip");
        }
        return !words.isEmpty() ? String.join(" and ", words) : augment ? "no crop, no flip" : "no augmentation";
    }

    /**
     * Sees that crops show something of the image.
     *
     * @throws InputException where they may show none of it
     */
    public void requireInside(int imageSize) {
        if (crop >= imageSize) {
            throw new InputException("--crop " + crop + ": a crop could miss an image of " + imageSize + "x" + imageSize
                    + "; give less than " + imageSize);
        }
    }

    private static Transforms.@Nullable Scale scale(String text) {
        if (text.equals(NONE)) {
            return null;
        }
        List<Double> numbers = numbers("--scale", text);
        double least = numbers.get(0);
        double most = numbers.size() > 1 ? numbers.get(1) : 1;
        if (numbers.size() > 2 || !(least > 0 && least <= most && most <= 1)) {
            throw new InputException("--scale " + text
                    + ": give the least share of the area, such as 0.3, or the least and the largest, such as 0.08,1;"
                    + " both above 0, up to 1");
        }
        return new Transforms.Scale(least, most);
    }

    private static Transforms.Jitter jitter(String text) {
        if (text.equals(NONE)) {
            return Transforms.Jitter.NONE;
        }
        List<Double> numbers = numbers("--color-jitter", text);
        double hue = numbers.size() > 3 ? numbers.get(3) : 0;
        boolean counted = numbers.size() == 1 || numbers.size() == 3 || numbers.size() == 4;
        if (!counted || numbers.stream().anyMatch(number -> number < 0 || number > STRONGEST) || hue > 0.5) {
            throw new InputException("--color-jitter " + text
                    + ": give one strength, such as 0.4, or those of brightness, contrast, saturation and hue, such as"
                    + " 0.4,0.4,0.4,0.1; none below 0 or above 255, the hue's up to 0.5");
        }
        boolean one = numbers.size() == 1;
        return new Transforms.Jitter(numbers.get(0), numbers.get(one ? 0 : 1), numbers.get(one ? 0 : 2), hue);
    }

    private static List<Double> numbers(String option, String text) {
        List<Double> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            try {
                double number = Double.parseDouble(part.strip());
                if (!Double.isFinite(number)) {
                    throw new NumberFormatException(part);
                }
                numbers.add(number);
            } catch (NumberFormatException noNumber) {
                throw new InputException(
                        option + " " + text + ": '" + part.strip() + "' is not a number; separate numbers by commas",
                        noNumber);
            }
        }
        return numbers;
    }
}
