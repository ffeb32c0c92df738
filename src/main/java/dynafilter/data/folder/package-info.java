/**
 * Folders of pictures as a data set. {@link dynafilter.data.folder.ImageFolder} scans a folder and opens it: which folders are
 * splits and which are classes is decided by {@code SplitFolders} and {@link dynafilter.data.folder.ClassFolders}. Each
 * picture is decoded once, by {@link dynafilter.data.folder.ImageFile} to the values that Pillow gives, and kept in a cache
 * file that later runs map into memory ({@code ImageCache}); single pictures are read by
 * {@link dynafilter.data.folder.DecodedFile}. Everything that decides a pixel (colours, orientation, size) has a test against Pillow;
 * a change of it needs another {@code ImageIndex.FORMAT}, else caches of the old pixels are taken for current ones. The set
 * goes on to {@code dynafilter.data.device}.
 */
@NullMarked
package dynafilter.data.folder;

import org.jspecify.annotations.NullMarked;
