package dynafilter.report.tensorboard;

import dynafilter.io.AtomicFile;
import dynafilter.io.ProtoMessage;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.train.Evaluation;
import dynafilter.train.TrainingData;
import dynafilter.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log of a run for TensorBoard, in the run's folder {@code tensorboard/}: at the beginning the recipe, as a table and as
 * hyperparameters; after each epoch its scalars, by the run's step; every few epochs the response maps of the same few images.
 * Nothing is written before it is {@link #open}. A failing disk ends the log and not the run.
 *
 * <p>An epoch's events are on disk before its checkpoint: a run that is killed in between trains that epoch again, and voids its
 * events.
 */
public final class TensorBoardLog implements TrainingListener, AutoCloseable {
    private static final int FIGURES = 10; // of an image, in the whole run

    private final RunDirectory directory;
    private final Recipe recipe;
    private final TrainingData data;
    private final ComputeDevice device;
    private final Consumer<String> warning;
    private @Nullable EventFile file; // null: it is not open yet, or has ended
    private boolean draws = true;

    /**
     * A log that is not open yet.
     *
     * @param warning takes the reason why nothing more is written
     */
    public TensorBoardLog(
            RunDirectory directory, Recipe recipe, TrainingData data, ComputeDevice device, Consumer<String> warning) {
        this.directory = directory;
        this.recipe = recipe;
        this.data = data;
        this.device = device;
        this.warning = warning;
    }

    /**
     * Begins a file, beside those of a run that is resumed.
     *
     * @param step the run's finished steps; events of later ones in older files become void
     * @throws dynafilter.io.OutputException where it cannot be written
     */
    public void open(long step) {
        open(EventFile.create(directory), step);
    }

    void open(EventFile begun, long step) {
        file = begun;
        double now = now();
        List<ProtoMessage> events = new ArrayList<>();
        events.add(Events.fileVersion(now));
        if (step > 0) {
            events.add(Events.restart(now, step + 1));
        }
        events.add(Events.summary(
                now,
                step,
                List.of(Events.markdown("recipe", recipeTable()), Events.hyperparameters(Recipes.toMap(recipe), now))));
        append(events);
    }

    private String recipeTable() {
        StringBuilder table = new StringBuilder("| option | value |\n| --- | --- |\n");
        Recipes.toMap(recipe)
                .forEach((name, value) -> table.append("| ")
                        .append(name)
                        .append(" | ")
                        .append(Recipes.typed(value).replace("|", "\\|"))
                        .append(" |\n"));
        return table.toString();
    }

    @Override
    public void epochEvaluated(EpochResult result, DynamicFilterNetwork evaluated) {
        if (file == null) {
            return;
        }
        String selection = data.selectionName();
        append(
                result.step(),
                List.of(
                        Events.scalar("train/loss", result.trainLoss()),
                        Events.scalar("train/accuracy", result.trainAccuracy()),
                        Events.scalar("train/learning_rate", result.learningRate()),
                        Events.scalar("train/images_per_second", result.imagesPerSecond()),
                        Events.scalar(selection + "/loss", result.loss()),
                        Events.scalar(selection + "/accuracy", result.accuracy()),
                        Events.scalar("epoch", result.epoch()),
                        Events.scalar("epoch/seconds", result.seconds())));
        int interval = (recipe.optimization().epochs() + FIGURES - 1) / FIGURES;
        if (draws
                && (result.epoch() % interval == 0
                        || result.epoch() == recipe.optimization().epochs())) {
            draw(result.step(), evaluated);
        }
    }

    private void draw(long step, DynamicFilterNetwork network) {
        try {
            List<ProtoMessage> images = new ArrayList<>();
            new MapSamples(data, device)
                    .figures(network)
                    .forEach((name, png) -> images.add(Events.image("response_maps/" + name, png)));
            append(step, images);
        } catch (RuntimeException undrawable) { // whatever it is: the epoch's checkpoint is not written yet
            draws = false;
            warning.accept("TensorBoard gets no response maps: " + NativeRuntime.firstLine(undrawable));
        }
    }

    /**
     * Writes that the run has ended.
     *
     * @param step the run's finished steps
     * @param test the best network on a test set that did not choose it; null: there is none
     */
    public void finished(long step, @Nullable Evaluation test) {
        List<ProtoMessage> values = new ArrayList<>();
        if (test != null) {
            values.add(Events.scalar("test/loss", test.loss()));
            values.add(Events.scalar("test/accuracy", test.accuracy()));
        }
        values.add(Events.success(now()));
        append(step, values);
    }

    /** True: the event files of a run lack its end, which happens where it is killed after its last checkpoint; false: they have it, or there are none. */
    public static boolean lacksEnd(RunDirectory directory) {
        List<Path> files = directory.eventFiles();
        return !files.isEmpty() && !EventFile.mentions(files.get(files.size() - 1), Events.END);
    }

    private void append(long step, List<ProtoMessage> values) {
        append(List.of(Events.summary(now(), step, values)));
    }

    private void append(List<ProtoMessage> events) {
        if (file == null) {
            return;
        }
        try {
            file.append(events);
        } catch (IOException failure) {
            warn(file, failure);
            close();
        }
    }

    private void warn(EventFile failed, IOException failure) {
        warning.accept(AtomicFile.cannotWrite(failed.path(), failure, "; the run goes on without TensorBoard")
                .getMessage());
    }

    /** The time in seconds since 1970. */
    private static double now() {
        return Instant.now().toEpochMilli() / 1e3;
    }

    @Override
    public void close() {
        if (file == null) {
            return;
        }
        try {
            file.close();
        } catch (IOException failure) {
            warn(file, failure);
        }
        file = null;
    }
}
