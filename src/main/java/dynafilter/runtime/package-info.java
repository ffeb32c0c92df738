/**
 * The native side: libtorch and the device. {@link dynafilter.runtime.NativeRuntime} loads libtorch and is the only way to it;
 * {@link dynafilter.runtime.ComputeDevice} chooses CPU or CUDA and {@link dynafilter.runtime.CudaDiagnosis} says what CUDA
 * lacks; {@link dynafilter.runtime.Precision} casts; {@link dynafilter.runtime.RepeatedWork} captures CUDA graphs;
 * {@link dynafilter.runtime.ScriptModule}, {@link dynafilter.runtime.NativeOperator}, {@link dynafilter.runtime.TensorLists}
 * and {@link dynafilter.runtime.TensorBytes} reach what the binding makes hard;
 * {@link dynafilter.runtime.OnnxRuntime} is the way to ONNX Runtime, which the program does not bring. {@link dynafilter.runtime.NativeOwner} owns
 * native memory: a class that makes tensors keeps them there, and whoever makes them for one step opens a
 * {@link org.bytedeco.javacpp.PointerScope}. Settings made before loading are in the order that libtorch reads them: change
 * that order only with the tests of this package. Nothing here knows of networks; those begin in {@code dynafilter.model}.
 */
@NullMarked
package dynafilter.runtime;

import org.jspecify.annotations.NullMarked;
