/** What a run and a trained network do, to look at: figures as SVG and PNG, and event files for TensorBoard. */
package dynafilter.report;
