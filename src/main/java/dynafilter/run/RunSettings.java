package dynafilter.run;

import dynafilter.data.device.DataMemory;
import dynafilter.runtime.CudaGraphMode;

/**
 * How runs are executed; decides nothing that is computed.
 *
 * @param graph whether a step is replayed as a CUDA graph
 * @param memory where the images lie
 * @param tensorBoard true: event files are begun; false: only those that are there go on
 */
public record RunSettings(CudaGraphMode graph, DataMemory memory, boolean tensorBoard) {}
