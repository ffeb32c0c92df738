package dynafilter.run;

import dynafilter.distributed.WorkerGroup;
import dynafilter.train.FeatureShelf;
import dynafilter.train.TrainingListener;

/**
 * The surroundings of a run's execution, which the runs of a comparison share.
 *
 * @param terminal that shows the progress
 * @param interruption the request to stop
 * @param listener to the run's events, beside those of the program itself
 * @param features of frozen backbones, which each run leaves for the next
 * @param group the ranks that share every batch
 */
public record RunContext(
        RunSettings settings,
        Session session,
        Terminal terminal,
        Interruption interruption,
        TrainingListener listener,
        FeatureShelf features,
        WorkerGroup group) {}
