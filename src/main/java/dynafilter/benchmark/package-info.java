/** Throughput, measured ceilings of the device, and the roofline between them. */
package dynafilter.benchmark;
