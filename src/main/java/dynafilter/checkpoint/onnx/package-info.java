/**
 * Trained networks as ONNX, for ONNX Runtime and other programs. {@link dynafilter.checkpoint.onnx.OnnxExport} is the entry: it
 * lets libtorch inline and fold the network's TorchScript, which {@link dynafilter.checkpoint.translation.Translation} follows
 * operator by operator, and {@code OnnxGraph} writes as the messages of onnx.proto. An operator is added in {@code Operators}, with a
 * test against ONNX Runtime; one that is not there is refused by its name. Files are read back by
 * {@link dynafilter.checkpoint.TrainedNetwork}, through ONNX Runtime. The names of inputs, outputs and metadata are what
 * others call and read: they only grow.
 */
@NullMarked
package dynafilter.checkpoint.onnx;

import org.jspecify.annotations.NullMarked;
