package dynafilter.report.figure;

import dynafilter.data.ImageSet;
import dynafilter.data.device.Batch;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.Normalization;
import dynafilter.data.device.Transforms;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Training images as they are, and as an epoch's transforms make them.
 *
 * @param classes the name of each image's class
 * @param originals the images
 * @param versions one for each epoch, the first one first
 */
public record AugmentedImages(List<String> classes, List<PixelImage> originals, List<Version> versions) {
    /** The number of images that a sheet has room for. */
    public static final int MOST = 8;

    private static final int EPOCHS = 8;
    private static final double SIZE = 84;
    private static final double GAP = 8;
    private static final double NAME = 92;
    private static final double HEADER = 96;
    private static final int SHARP = 2; // pixels of a file for each of the drawing

    /**
     * The images in one epoch.
     *
     * @param share in words: of an image's own label, where images are mixed; empty: they are not
     */
    public record Version(String share, List<PixelImage> images) {}

    /**
     * Transforms images, which are one batch, in the first epochs of a run with a seed.
     *
     * @param set at most {@link #MOST} images
     */
    public static AugmentedImages of(ImageSet set, Transforms transforms, long seed) {
        List<String> classes = new ArrayList<>();
        for (long label : set.labelArray()) {
            classes.add(set.classes().get(Math.toIntExact(label)));
        }
        List<Version> versions = new ArrayList<>();
        try (PointerScope scope = new PointerScope();
                Normalization normalization = new Normalization(ComputeDevice.CPU);
                DeviceImages images = new DeviceImages(
                        set, null, ComputeDevice.CPU, transforms, false, ChannelStatistics.CIFAR)) {
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                Batch batch = images.epoch(images.plan(seed, epoch).inOrderOfSet(), 0)
                        .stage(set.size())
                        .next(set.size());
                Tensor pixels = batch.images().sub(normalization.shift()).div(normalization.scale());
                versions.add(new Version(share(batch), pictures(pixels)));
            }
            return new AugmentedImages(classes, pictures(set.images()), versions);
        }
    }

    private static String share(Batch batch) {
        return batch.mixture() == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        "own label %.2f",
                        batch.mixture().share().get(0).item_double());
    }

    /** @param pixels [N, 3, H, W], of 0 to 255 */
    private static List<PixelImage> pictures(Tensor pixels) {
        Tensor bytes = pixels.round()
                .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(255)))
                .to(ScalarType.Byte)
                .contiguous();
        int height = Math.toIntExact(bytes.size(2));
        int width = Math.toIntExact(bytes.size(3));
        byte[] planes = new byte[3 * height * width];
        return IntStream.range(0, Math.toIntExact(bytes.size(0)))
                .mapToObj(image -> {
                    TensorBytes.view(bytes, (long) image * planes.length, planes.length)
                            .get(planes);
                    return PixelImage.ofPlanes(planes, height, width);
                })
                .toList();
    }

    /** The sheet: a row an image, its original first, then a column an epoch. */
    public Svg sheet() {
        double width = columnX(versions.size() + 1) - GAP + FigureStyle.MARGIN;
        double height = HEADER + originals.size() * (SIZE + GAP) - GAP + FigureStyle.MARGIN;
        Svg sheet = FigureStyle.paper(width, height, "Training images as they are, and in the first epochs");
        FigureStyle.text(sheet, FigureStyle.MARGIN, FigureStyle.MARGIN + 14, 17, "Training images, augmented")
                .set("font-weight", "bold");
        column(sheet, 0, "original", "", originals);
        for (int epoch = 0; epoch < versions.size(); epoch++) {
            Version version = versions.get(epoch);
            column(sheet, epoch + 1, "epoch " + (epoch + 1), version.share, version.images);
        }
        for (int row = 0; row < classes.size(); row++) {
            FigureStyle.fitted(sheet, FigureStyle.MARGIN, rowY(row) + SIZE / 2 + 4, 12, NAME - GAP, classes.get(row));
        }
        return sheet;
    }

    private static double columnX(int column) {
        return FigureStyle.MARGIN + NAME + column * (SIZE + GAP) + (column > 0 ? 2 * GAP : 0);
    }

    private static double rowY(int row) {
        return HEADER + row * (SIZE + GAP);
    }

    private static void column(Svg sheet, int column, String title, String below, List<PixelImage> images) {
        FigureStyle.text(sheet, columnX(column), HEADER - 26, 12, title);
        FigureStyle.muted(sheet, columnX(column), HEADER - 10, 11, below);
        for (int row = 0; row < images.size(); row++) {
            PixelImage image = images.get(row);
            int factor = (int) Math.max(1, Math.ceil(SHARP * SIZE / image.width()));
            sheet.image(columnX(column), rowY(row), SIZE, SIZE, image.nearest(factor));
        }
    }
}
