/**
 * Figures of a trained network, drawn as SVG and turned into pixels. {@link dynafilter.report.figure.ResponseMaps} computes
 * what a network makes of an image, {@link dynafilter.report.figure.MapsFigure}, {@link dynafilter.report.figure.ContactSheet}
 * and {@link dynafilter.report.figure.FiltersFigure} draw it, {@link dynafilter.report.figure.Findings} gathers what it does
 * with its test images, and {@link dynafilter.report.figure.Raster} makes PNG files. Colours, letters and lines are in
 * {@code FigureStyle} and {@code LabelMarks}, for all figures; the predicted and the true label are told apart without colours, too. The
 * renderer knows only a part of SVG, which {@link dynafilter.report.figure.Svg} keeps to. Pages around the figures are
 * {@code dynafilter.report.page}'s.
 */
@NullMarked
package dynafilter.report.figure;

import org.jspecify.annotations.NullMarked;
