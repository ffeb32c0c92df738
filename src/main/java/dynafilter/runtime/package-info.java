/** The native runtime: device choice, native loading, precision, operators. */
package dynafilter.runtime;
