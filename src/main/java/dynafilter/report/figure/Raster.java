package dynafilter.report.figure;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.renderer.NullPlatformSupport;
import com.github.weisj.jsvg.renderer.SVGRenderingHints;
import com.github.weisj.jsvg.view.ViewBox;
import dynafilter.io.InputException;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/** The rasteriser, which turns drawings into PNG files. */
public final class Raster {
    private static final String NO_FONTS =
            "PNG figures need a font, and this machine has none: install one (apt-get install fontconfig"
                    + " fonts-dejavu-core); SVG figures need none";

    static {
        System.setProperty("java.awt.headless", "true");
    }

    private Raster() {}

    /**
     * A drawing as a PNG file, on white.
     *
     * @param zoom pixels of the file for each pixel of the drawing
     * @throws InputException where this machine has no font to write with
     */
    public static byte[] png(Svg drawing, double zoom) {
        requireFonts();
        SVGDocument document = new SVGLoader()
                .load(
                        new ByteArrayInputStream(drawing.toString().getBytes(StandardCharsets.UTF_8)),
                        null,
                        LoaderContext.createDefault());
        if (document == null) {
            throw new IllegalStateException("the drawing is no SVG");
        }
        int width = (int) Math.ceil(drawing.number("width") * zoom);
        int height = (int) Math.ceil(drawing.number("height") * zoom);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            canvas.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            // Else pictures are drawn as a repeating pattern, and the colours of the opposite edge run into each edge.
            canvas.setRenderingHint(
                    SVGRenderingHints.KEY_IMAGE_ANTIALIASING, SVGRenderingHints.VALUE_IMAGE_ANTIALIASING_OFF);
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, width, height);
            document.renderWithPlatform(NullPlatformSupport.INSTANCE, canvas, new ViewBox(width, height));
        } finally {
            canvas.dispose();
        }
        return PixelImage.png(image);
    }

    /**
     * Sees that there is a font to write with. Java itself finds out late that there is none, and in ways of its own: by an error in
     * its font manager, or by letters without a shape.
     *
     * @throws InputException where this machine has no font to write with
     */
    public static void requireFonts() {
        boolean found;
        try {
            found = new Font(Font.SANS_SERIF, Font.PLAIN, 12)
                            .createGlyphVector(new FontRenderContext(null, true, true), "a")
                            .getVisualBounds()
                            .getWidth()
                    > 0;
        } catch (RuntimeException | Error none) {
            throw new InputException(NO_FONTS, none);
        }
        if (!found) {
            throw new InputException(NO_FONTS);
        }
    }
}
