/** Figures of what a trained network does, as SVG and PNG. */
package dynafilter.report;
