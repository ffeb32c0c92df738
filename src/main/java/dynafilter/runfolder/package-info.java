/**
 * What a run is and leaves, as types: the {@link dynafilter.runfolder.Recipe}, which is the one table of settings (a component
 * and its {@link dynafilter.runfolder.Setting} make an option, a value of files and a check), {@link
 * dynafilter.runfolder.RunConfig} (config.json), {@link dynafilter.runfolder.History} (history.csv), the {@link
 * dynafilter.runfolder.RunDirectory} with the names in it, the {@link dynafilter.runfolder.Runs} of a folder, and the {@link
 * dynafilter.runfolder.FolderLock} that keeps it to one process. The formats are a promise to those who read the files: a
 * change of what is written is a change of the format. How a run is trained is above, in {@code train} and {@code run}.
 */
@NullMarked
package dynafilter.runfolder;

import org.jspecify.annotations.NullMarked;
