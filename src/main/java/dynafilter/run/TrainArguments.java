package dynafilter.run;

import java.time.Duration;
import java.util.Map;

/**
 * The arguments of {@code train}.
 *
 * @param begin where the run begins
 * @param given settings of the recipe, by name: they win over those of a config.json or a checkpoint
 * @param settings how the run is executed
 * @param progress how it is shown
 * @param workers processes of this machine that share every batch
 * @param timeout for how long a rank may let the others wait
 */
public record TrainArguments(
        StartArguments begin,
        Map<String, Object> given,
        RunSettings settings,
        Terminal.Style progress,
        DeviceRequest device,
        int workers,
        Duration timeout) {}
