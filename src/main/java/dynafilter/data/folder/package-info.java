/**
 * Folders of pictures, as a data set. {@link dynafilter.data.folder.ImageFolder} scans a folder and opens it: which folders
 * are parts and which are classes is decided by {@code SplitFolders} and {@link dynafilter.data.folder.ClassFolders}. Each
 * picture is decoded once, by {@link dynafilter.data.folder.ImageFile} to the values that Pillow gives, and kept in a cache
 * file that later runs map into memory ({@code ImageCache}); single pictures come by
 * {@link dynafilter.data.folder.DecodedFile}. What decides a pixel (colours, orientation, size) has a test against Pillow; a
 * change of it needs another {@code ImageIndex.FORMAT}, or old caches are believed. The set goes on to
 * {@code dynafilter.data.device}.
 */
package dynafilter.data.folder;
