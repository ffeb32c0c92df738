/**
 * A page that runs an exported network in the browser. {@link dynafilter.checkpoint.web.WebPage} puts it together: the template,
 * style and script of {@code src/main/resources/web}, the network as ONNX, and {@link dynafilter.checkpoint.web.OnnxWeb}, the
 * runtime that is downloaded once. The page's script reads and scales pictures as {@code predict} does, and repeats
 * {@code dynafilter.data.SquareImage} for that: a change there has its twin here.
 */
@NullMarked
package dynafilter.checkpoint.web;

import org.jspecify.annotations.NullMarked;
