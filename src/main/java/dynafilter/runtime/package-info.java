/** The native runtime: device choice, native loading and its diagnosis, precision, memory scopes. */
package dynafilter.runtime;
