/** Data sets: CIFAR-10's binary files, the generated sample set, and fetching the former. */
package dynafilter.data;
