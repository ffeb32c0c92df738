/**
 * Finding the mistakes, of a network and of its data. {@link dynafilter.audit.Mistakes} lists the images that a network labels
 * wrongly. {@link dynafilter.audit.Audit} looks through a data set: {@link dynafilter.audit.Duplicates} finds images that are
 * there more than once, {@link dynafilter.audit.LabelIssues} labels that are likely wrong, by scores of images that nothing was
 * learned from ({@link dynafilter.audit.OutOfFold}), and {@link dynafilter.data.folder.OddFiles} files that are broken or odd.
 * Images keep their numbers in {@link dynafilter.audit.AuditedImages} through all of it.
 */
@NullMarked
package dynafilter.audit;

import org.jspecify.annotations.NullMarked;
