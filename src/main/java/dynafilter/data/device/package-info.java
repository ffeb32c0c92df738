/**
 * An image set as a device uses it. {@link dynafilter.data.device.DeviceImages} is the entry point: made of an
 * {@link dynafilter.data.ImageSet}, it stores the pixels, resident or streamed as {@link dynafilter.data.device.DataMemory}
 * decides, and gives either the images in the order of the set or, by {@code epoch} and {@code stage}, the training batches of an
 * {@link dynafilter.data.device.EpochPlan}. New ways to keep pixels implement {@code PixelSource}; what a training batch looks
 * like is decided in {@link dynafilter.data.device.StepBatches} alone, by operators that a CUDA graph can hold: its tensors keep
 * their addresses. A plan is a pure function of (seed, epoch), on which the bits of every run depend. The sets themselves are
 * made in {@code dynafilter.data}; the steps that consume the batches are {@code dynafilter.train}'s.
 */
@NullMarked
package dynafilter.data.device;

import org.jspecify.annotations.NullMarked;
