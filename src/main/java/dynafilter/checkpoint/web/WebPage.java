package dynafilter.checkpoint.web;

import dynafilter.io.AtomicFile;
import dynafilter.io.JsonFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * A page that runs an exported network in the browser, in one file or in a folder for a web server. Its content security policy
 * lets it fetch nothing but what lies beside it.
 *
 * @param generator the program and its version
 * @param classes the labels' names, in the order of the scores
 * @param imageSize the height and width of the images that the network takes
 * @param mapHeight the height of a response map
 * @param mapWidth its width
 * @param heads the number of a label's filters, whose response maps are shown as their mean
 * @param threshold of the highest probability, below which a picture is of none of the labels; 0: there is none
 * @param isSingle true: one label's filters serve all labels; false: each has its own
 * @param colours 256 colours of response maps, from the weakest response on: red, green, blue
 * @param samples pictures to begin with
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WebPage(
        String generator,
        List<String> classes,
        int imageSize,
        int mapHeight,
        int mapWidth,
        int heads,
        double threshold,
        boolean isSingle,
        byte[] colours,
        List<Sample> samples) {
    private static final int SHOWN = 6;

    /** A picture of the network's size, as PNG. */
    public record Sample(String name, byte[] png) {}

    /** What the page's script reads. */
    private record Settings(
            List<String> classes,
            int size,
            int height,
            int width,
            int heads,
            double threshold,
            boolean single,
            byte[] colours,
            List<Sample> samples,
            Map<String, Part> parts) {}

    /** A part that the script loads: the file beside the page, and its size. */
    private record Part(String file, int bytes) {}

    private static final String MODEL = "model.onnx";
    private static final String MODULE = "ort-wasm-simd-threaded.mjs";
    private static final String WASM = "ort-wasm-simd-threaded.wasm";
    private static final String SCRIPT = "ort.wasm.min.js";
    private static final String LICENCE = "LICENCE-onnxruntime-web.txt";

    /**
     * Writes the page as one file, which runs from wherever it lies.
     *
     * @param model the ONNX file of the network, which takes pixels
     */
    public void writeFile(Path file, byte[] model, OnnxWeb runtime) {
        String library = new String(runtime.script(), StandardCharsets.UTF_8);
        String own = PageTemplate.resource("web/view.js") + PageTemplate.resource("web/page.js");
        StringBuilder parts = new StringBuilder();
        parts(model, runtime)
                .forEach((name, bytes) -> parts.append("<script type=\"text/plain\" id=\"part-")
                        .append(name)
                        .append("\">")
                        .append(Base64.getEncoder().encodeToString(compressed(bytes)))
                        .append("</script>\n"));
        String policy =
                "script-src " + PageTemplate.hash(library) + " " + PageTemplate.hash(own) + " 'wasm-unsafe-eval' blob:";
        String page = page(
                model,
                runtime,
                policy,
                parts.toString(),
                PageTemplate.inline(library) + "\n" + PageTemplate.inline(own));
        write(file, page.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes the page into a folder, with what it loads beside it.
     *
     * @param model the ONNX file of the network, which takes pixels
     */
    public void writeFolder(Path folder, byte[] model, OnnxWeb runtime) {
        String own = PageTemplate.resource("web/view.js") + PageTemplate.resource("web/page.js");
        String policy = "connect-src 'self'; script-src 'self' " + PageTemplate.hash(own) + " 'wasm-unsafe-eval' blob:";
        String scripts = "<script src=\"" + SCRIPT + "\"></script>\n" + PageTemplate.inline(own);
        write(folder.resolve(MODEL), model);
        write(folder.resolve(SCRIPT), runtime.script());
        write(folder.resolve(MODULE), runtime.module());
        write(folder.resolve(WASM), runtime.wasm());
        write(folder.resolve(LICENCE), (OnnxWeb.LICENCE + "\n").getBytes(StandardCharsets.UTF_8));
        write(
                folder.resolve("index.html"),
                page(model, runtime, policy, "", scripts).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, byte[]> parts(byte[] model, OnnxWeb runtime) {
        Map<String, byte[]> parts = new LinkedHashMap<>();
        parts.put("mjs", runtime.module());
        parts.put("model", model);
        parts.put("wasm", runtime.wasm());
        return parts;
    }

    private String page(byte[] model, OnnxWeb runtime, String policy, String parts, String scripts) {
        Map<String, Part> files = new LinkedHashMap<>();
        files.put("mjs", new Part(MODULE, runtime.module().length));
        files.put("model", new Part(MODEL, model.length));
        files.put("wasm", new Part(WASM, runtime.wasm().length));
        Settings settings = new Settings(
                classes, imageSize, mapHeight, mapWidth, heads, threshold, isSingle, colours, samples, files);
        Map<String, String> values = Map.of(
                "generator", PageTemplate.escaped(generator),
                "policy",
                        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                                + policy,
                "title", PageTemplate.escaped(title()),
                "style", PageTemplate.style(),
                "lead", PageTemplate.escaped(lead()),
                "footer", PageTemplate.escaped("Made by " + generator + ", with " + OnnxWeb.LICENCE + "."),
                "settings", PageTemplate.data(JsonFile.line(settings)),
                "parts", parts,
                "scripts", scripts);
        return PageTemplate.filled(PageTemplate.resource("web/page.html"), values);
    }

    private String title() {
        return classes.size() == 1
                ? "Where is " + classes.get(0) + "?"
                : "Which of " + classes.size() + " labels, and where?";
    }

    private String lead() {
        List<String> shown = new ArrayList<>(classes.subList(0, Math.min(SHOWN, classes.size())));
        if (classes.size() > SHOWN) {
            shown.add("...");
        }
        return "A network that knows " + String.join(", ", shown)
                + ": every label's score, and its response map over the picture.";
    }

    private static byte[] compressed(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return packed.toByteArray();
    }

    private static void write(Path file, byte[] bytes) {
        AtomicFile.write(file, out -> out.write(bytes));
    }
}
