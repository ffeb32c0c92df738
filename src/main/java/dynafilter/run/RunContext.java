package dynafilter.run;

import dynafilter.distributed.WorkerGroup;

/**
 * The surroundings of a run's execution, which the runs of a comparison share.
 *
 * @param terminal that shows the progress
 * @param interruption the request to stop
 * @param group the ranks that share every batch
 */
public record RunContext(
        RunSettings settings, Session session, Terminal terminal, Interruption interruption, WorkerGroup group) {}
