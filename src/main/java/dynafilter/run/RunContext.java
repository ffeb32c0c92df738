package dynafilter.run;

import dynafilter.distributed.WorkerGroup;

/**
 * The surroundings that a run is executed in, and shares with the other runs of a comparison.
 *
 * @param terminal where progress is shown
 * @param interruption asks to stop
 * @param group the ranks that share every batch
 */
public record RunContext(
        RunSettings settings, Session session, Terminal terminal, Interruption interruption, WorkerGroup group) {}
