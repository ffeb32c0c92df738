package dynafilter.run;

import java.time.Duration;
import java.util.Map;

/**
 * The arguments of {@code train}.
 *
 * @param begin the arguments that decide how the run starts
 * @param given settings of the recipe, by name, which win over those of a config.json or a checkpoint
 * @param settings of the execution of the run
 * @param progress the style of the progress display
 * @param workers the number of processes of this machine that share every batch
 * @param timeout the time for which a rank may let the others wait
 */
public record TrainArguments(
        StartArguments begin,
        Map<String, Object> given,
        RunSettings settings,
        Terminal.Style progress,
        DeviceRequest device,
        int workers,
        Duration timeout) {}
