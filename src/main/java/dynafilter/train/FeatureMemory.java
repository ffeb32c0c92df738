package dynafilter.train;

import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.EpochPlan;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.Setting;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.Precision;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * The room for the features of a run's images, and the number of views that it allows.
 *
 * @param device the bytes for features on the device
 * @param disk the bytes for features in a file, from which they are streamed
 * @param view the bytes of one view of all training images
 * @param selection the bytes of the features of the images that choose the best epoch
 */
public record FeatureMemory(DataMemory memory, long device, long disk, long view, long selection) {
    /** The number of views that a run keeps where nobody says: more hardly gain in accuracy. */
    public static final int USUAL_VIEWS = 8;

    private static final double GIB = 1L << 30;

    /**
     * The room that a run has.
     *
     * @param folder the run's folder, which need not be there yet
     */
    public static FeatureMemory of(
            Recipe recipe,
            TrainingData data,
            NetworkShape shape,
            ComputeDevice device,
            Path folder,
            WorkerGroup group) {
        boolean half = recipe.computation().precision() == Precision.BF16
                && shape.backbone().programSha256().isEmpty(); // a program may end in float32
        long image = (long) shape.channels() * shape.mapSize() * (half ? Short.BYTES : Float.BYTES);
        long pixels = data.streamed()
                ? 0
                : DeviceImages.bytes(
                        data.training().size() + data.selection().size(),
                        recipe.images().imageSize(),
                        padding(recipe.images().imageSize(), recipe));
        long total =
                DeviceMemory.total(device) / (device.isCuda() ? 1 : group.size()); // the processes may share a machine
        long allowed = data.memory() == DataMemory.RESIDENT ? total / 5 * 4 : total / 2;
        return new FeatureMemory(
                data.memory(),
                allowed - pixels,
                freeDisk(folder) / 10 * 9 / group.size(),
                image * data.training().size(),
                image * data.selection().size());
    }

    private static int padding(int imageSize, Recipe recipe) {
        return Math.max(
                EpochPlan.padding(imageSize),
                recipe.augmentation().transforms(imageSize).padding());
    }

    private static long freeDisk(Path folder) {
        Path there = folder.toAbsolutePath();
        while (!there.toFile().exists() && there.getParent() != null) {
            there = there.getParent();
        }
        return there.toFile().getUsableSpace();
    }

    private int fits(long bytes) {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, (bytes - selection) / view));
    }

    /** The number of views that are kept where nobody says: on the device, unless data is to be streamed. */
    int usual() {
        return Math.min(USUAL_VIEWS, fits(memory == DataMemory.STREAM ? disk : device));
    }

    /** The largest number of views. */
    int most() {
        return switch (memory) {
            case RESIDENT -> fits(device);
            case STREAM -> fits(disk);
            case AUTO -> Math.max(fits(device), fits(disk));
        };
    }

    /** True: so many views are streamed from a file; false: they are on the device. */
    public boolean streams(int views) {
        return memory == DataMemory.STREAM || (memory == DataMemory.AUTO && views > fits(device));
    }

    /** The bytes of so many views, with the features of the images that choose the best epoch. */
    public long bytes(int views) {
        return views * view + selection;
    }

    /**
     * A recipe whose number of views is settled, the same at all ranks: that which it asks for, or what there is room for.
     *
     * @throws InputException where there is no room for those that it asks for
     */
    public Recipe settled(Recipe recipe, WorkerGroup group) {
        int asked = recipe.images().featureViews();
        if (recipe.network().freeze() != Freeze.ALL || asked == 0) {
            return recipe;
        }
        long[][] all = group.gather(usual(), most());
        int usual = (int) Arrays.stream(all).mapToLong(row -> row[0]).min().orElseThrow();
        int most = (int) Arrays.stream(all).mapToLong(row -> row[1]).min().orElseThrow();
        int distinct = recipe.augmentation().mixes() ? 0 : recipe.augmentation().augment() ? usual : Math.min(1, usual);
        int views = asked == Setting.OPEN ? distinct : asked;
        if (views > most) {
            throw new InputException(String.format(
                    Locale.ROOT,
                    "--feature-views %d: a view takes %.1f GiB%s, and there is room for %s; give --feature-views %d%s",
                    views,
                    view / GIB,
                    memory == DataMemory.RESIDENT ? " of memory" : memory == DataMemory.STREAM ? " of disk" : "",
                    most == 0 ? "none" : String.valueOf(most),
                    most,
                    most == 0 ? ", which keeps none" : ""));
        }
        return Recipes.with(recipe, Map.of("feature_views", views), true);
    }
}
