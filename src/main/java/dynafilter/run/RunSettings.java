package dynafilter.run;

import dynafilter.data.device.DataMemory;
import dynafilter.runtime.CudaGraphMode;

/**
 * The settings of a run's execution, which have no influence on its results.
 *
 * @param graph the choice of replaying steps as a CUDA graph
 * @param memory the choice of where the images are kept
 * @param tensorBoard true: event files are begun; false: only those that are there are continued
 */
public record RunSettings(CudaGraphMode graph, DataMemory memory, boolean tensorBoard) {}
