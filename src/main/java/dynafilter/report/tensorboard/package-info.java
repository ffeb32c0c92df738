/**
 * Event files for TensorBoard, written record by record while a run trains:
 * {@link dynafilter.report.tensorboard.TensorBoardLog} listens to the run, {@link dynafilter.report.tensorboard.EventFile}
 * frames and checks records, and {@link dynafilter.io.ProtoMessage} encodes the few messages of TensorFlow's
 * protocol buffers that are needed. A resumed run cuts off what is later than its checkpoint; tests read the files with an
 * independent reader in Python that knows the format alone.
 */
@NullMarked
package dynafilter.report.tensorboard;

import org.jspecify.annotations.NullMarked;
