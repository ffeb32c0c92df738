/**
 * What a run or a comparison is to look at: the facts read from its folder ({@link dynafilter.report.RunFacts}, {@link
 * dynafilter.report.ComparisonFacts}) and the numbers for programs. The sub-rooms make of them pages ({@code page}), figures
 * ({@code figure}) and event files ({@code tensorboard}). Nothing here trains, and nothing is read but finished files: a report
 * can be made of a run that goes on.
 */
@NullMarked
package dynafilter.report;

import org.jspecify.annotations.NullMarked;
