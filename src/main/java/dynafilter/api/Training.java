package dynafilter.api;

import dynafilter.data.device.DataMemory;
import dynafilter.io.OutputException;
import dynafilter.run.DeviceRequest;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.RunSettings;
import dynafilter.run.StartArguments;
import dynafilter.run.Terminal;
import dynafilter.run.TrainArguments;
import dynafilter.run.TrainJob;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runtime.CudaGraphMode;
import dynafilter.train.TrainingFailure;
import dynafilter.train.TrainingListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One training run, as {@code train} executes it, with the same files in its folder:
 *
 * <pre>{@code
 * TrainingOutcome outcome = Training.of(Map.of("data", "pictures", "epochs", 20), Path.of("checkpoints/pictures"))
 *         .onEpoch(epoch -> System.out.printf("%d: %.1f %%%n", epoch.epoch(), 100 * epoch.accuracy()))
 *         .run();
 * }</pre>
 *
 * <p>Messages go to the run's {@code train.log}, warnings to standard error as well. Runs of one process follow one another: a
 * second one waits.
 */
public final class Training {
    private static final int SECONDS = 300; // for ranks, of which there is one

    private final Map<String, Object> settings;
    private final Path folder;
    private final @Nullable Path resumed; // null: a new run
    private final boolean overwrites;
    private final DeviceRequest device;
    private final Consumer<EpochReport> listener;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    private Training(
            Map<String, Object> settings,
            Path folder,
            @Nullable Path resumed,
            boolean overwrites,
            DeviceRequest device,
            Consumer<EpochReport> listener) {
        this.settings = settings;
        this.folder = folder;
        this.resumed = resumed;
        this.overwrites = overwrites;
        this.device = device;
        this.listener = listener;
    }

    /**
     * A new run.
     *
     * @param settings by name, as in {@code config.json}: those of {@code train --help} with underscores, such as {@code
     *     batch_size}; numbers, booleans, or anything whose text an option would take. What is missing is as usual
     * @param folder the run's folder, which must be new or empty
     */
    public static Training of(Map<String, ?> settings, Path folder) {
        return new Training(plain(settings), folder, null, false, automatic(), report -> {});
    }

    /**
     * A run that goes on from its last checkpoint, bit for bit on the CPU.
     *
     * @param settings to change, such as {@code epochs}, by name
     * @param folder the run's folder
     */
    public static Training resume(Map<String, ?> settings, Path folder) {
        return new Training(plain(settings), folder, folder, false, automatic(), report -> {});
    }

    private static Map<String, Object> plain(Map<String, ?> settings) {
        Map<String, Object> plain = new LinkedHashMap<>();
        settings.forEach((name, value) ->
                plain.put(name, value instanceof Number || value instanceof Boolean ? value : String.valueOf(value)));
        return plain;
    }

    private static DeviceRequest automatic() {
        return new DeviceRequest(DeviceRequest.AUTO, 0, null);
    }

    /** The same run, which replaces an older one in its folder. */
    public Training overwriting() {
        return new Training(settings, folder, resumed, true, device, listener);
    }

    /**
     * The same run on a device.
     *
     * @param name {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
     * @param threads of CPU operators; 0: as many as suit
     */
    public Training on(String name, int threads) {
        return new Training(settings, folder, resumed, overwrites, new DeviceRequest(name, threads, null), listener);
    }

    /**
     * The same run with a listener that is told of each epoch in the thread of {@link #run}, after its checkpoints are written.
     * What it throws ends the run.
     */
    public Training onEpoch(Consumer<EpochReport> told) {
        return new Training(settings, folder, resumed, overwrites, device, told);
    }

    /** Asks this run, from any thread, to stop after its step: it is saved and can be {@linkplain #resume resumed}. */
    public void cancel() {
        cancelled.set(true);
    }

    /**
     * Trains, in the calling thread.
     *
     * @throws BadInputException where a setting, the data, the folder or the device cannot be used
     * @throws TrainingException where the run fails
     */
    public TrainingOutcome run() {
        StartArguments start = Failures.translated(() -> new StartArguments(
                resumed == null ? folder : null, overwrites, resumed == null ? null : resumed.toString(), null));
        TrainArguments arguments = new TrainArguments(
                start,
                settings,
                new RunSettings(CudaGraphMode.AUTO, DataMemory.AUTO, false),
                Terminal.Style.NONE,
                device,
                1,
                Duration.ofSeconds(SECONDS));
        AtomicReference<@Nullable RunOutcome> outcome = new AtomicReference<>();
        synchronized (Training.class) { // precision, determinism and the log's file are the process's
            try (Interruption interruption = Interruption.of(cancelled::get)) {
                Failures.translated(() -> Logging.quietly(
                        () -> new TrainJob(arguments, interruption, outcome::set, new Listener()).alone()));
            } catch (TrainingFailure | OutputException failure) {
                throw new TrainingException(String.valueOf(failure.getMessage()), failure);
            }
        }
        return outcome(Objects.requireNonNull(outcome.get(), "a run that ends has an outcome"));
    }

    private static TrainingOutcome outcome(RunOutcome outcome) {
        Path run = Path.of(Objects.requireNonNull(outcome.run(), "a run has a folder"));
        RunOutcome.Best best = outcome.best();
        return new TrainingOutcome(
                Objects.requireNonNull(outcome.ending(), "a run has an end").word(),
                run,
                new RunDirectory(run).best(),
                outcome.epochs(),
                outcome.steps(),
                best == null ? 0 : best.bestEpoch(),
                best == null ? Double.NaN : best.bestAccuracy());
    }

    /** Tells the program's listener of the run's epochs. */
    private final class Listener implements TrainingListener {
        @Override
        public void epochFinished(EpochResult result) {
            listener.accept(new EpochReport(
                    result.epoch(),
                    result.step(),
                    result.trainLoss(),
                    result.trainAccuracy(),
                    result.loss(),
                    result.accuracy(),
                    result.best(),
                    result.seconds()));
        }
    }
}
