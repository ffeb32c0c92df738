/**
 * Comparisons: a {@link dynafilter.study.Plan} of variants and seeds under one recipe, what its finished runs came to
 * ({@link dynafilter.study.RunResult}), and the statistics of their differences ({@link dynafilter.study.Comparison},
 * {@link dynafilter.study.Difference}: paired t tests with Holm's correction). It reads run folders and writes comparison.json
 * and tables; the training itself is the runs' business. Formulas name their source and are tested against published values.
 */
@NullMarked
package dynafilter.study;

import org.jspecify.annotations.NullMarked;
