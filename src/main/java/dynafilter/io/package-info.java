/**
 * Files, the network and messages, without any native code. {@link dynafilter.io.AtomicFile} replaces files as a whole,
 * {@link dynafilter.io.JsonFile} and {@link dynafilter.io.Checksum} read and check them, {@link dynafilter.io.Downloader}
 * fetches them, {@link dynafilter.io.LockFile} keeps two processes apart, {@link dynafilter.io.ProtoMessage}
 * encodes Protocol Buffers. {@link dynafilter.io.InputException} and
 * {@link dynafilter.io.OutputException} are the errors that people see, in one line: what, where, and what to do; all other
 * rooms throw them. Everything may use this package, and it uses none of the others.
 */
@NullMarked
package dynafilter.io;

import org.jspecify.annotations.NullMarked;
