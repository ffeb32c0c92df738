/**
 * The data set that {@code --data} names. {@link dynafilter.data.source.DataSource#open} finds out what a name or a folder
 * stands for (the sample set, CIFAR-10, CIFAR-100, pictures by class) and opens it; {@link dynafilter.data.source.FolderCheck}
 * is the finding of {@code data verify} there. The one place that knows all kinds of data: another kind is one more case here,
 * and a room of its own beside {@code dynafilter.data.folder}.
 */
@NullMarked
package dynafilter.data.source;

import org.jspecify.annotations.NullMarked;
