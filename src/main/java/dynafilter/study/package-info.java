/** Comparisons: variants of one recipe with several seeds, and what can be said of their differences. */
package dynafilter.study;
