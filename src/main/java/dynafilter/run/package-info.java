/**
 * One execution of {@code train}, {@code compare} or {@code extend}, whatever asked for it: {@link dynafilter.run.TrainJob},
 * {@link dynafilter.run.ComparisonRuns} and {@link dynafilter.run.Extension} take typed arguments, and return what came of it. A
 * run ({@code TrainingRun}) is prepared, announced, trained and concluded; its workers are processes of this machine or the ranks
 * of a launcher. What such an execution shares with its surroundings is here, too: the device and its threads
 * ({@link dynafilter.run.Session}), the terminal, the log, signals, standard output and the locks of folders. This room may print
 * and may read the environment; it parses no options, ends no process and knows no exit code: those are {@code cli}'s. Where next:
 * {@code runfolder} for what a run leaves, {@code train} for the loop.
 */
@NullMarked
package dynafilter.run;

import org.jspecify.annotations.NullMarked;
