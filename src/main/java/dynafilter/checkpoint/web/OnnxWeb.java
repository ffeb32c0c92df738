package dynafilter.checkpoint.web;

import dynafilter.io.Checksum;
import dynafilter.io.Downloader;
import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import dynafilter.runtime.OnnxRuntime;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * ONNX Runtime Web, which runs ONNX files in a browser: the parts that compute on the processor. It is downloaded once, from the
 * registry that its makers publish in.
 *
 * @param script the library, which makes the global name {@code ort}
 * @param module the JavaScript of the compiled runtime
 * @param wasm the compiled runtime
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record OnnxWeb(byte[] script, byte[] module, byte[] wasm) {
    /** The version that is downloaded, and that the page was tried with. */
    public static final String VERSION = "1.30.0";

    /** What its makers ask to be told of: their copyright and licence, which stand in {@code script}, too. */
    static final String LICENCE = "ONNX Runtime Web " + VERSION
            + ", Copyright (c) Microsoft Corporation, under the MIT License (https://opensource.org/license/mit)";

    private static final String ARCHIVE = "onnxruntime-web-" + VERSION + ".tgz";
    private static final URI SOURCE = URI.create("https://registry.npmjs.org/onnxruntime-web/-/" + ARCHIVE);
    private static final String SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71";
    private static final String FOLDER = "package/dist/";
    private static final String SCRIPT = "ort.wasm.min.js";
    private static final String MODULE = "ort-wasm-simd-threaded.mjs";
    private static final String WASM = "ort-wasm-simd-threaded.wasm";
    private static final List<String> PARTS = List.of(SCRIPT, MODULE, WASM);

    /** The place of the downloaded archive, which need not be there yet. */
    public static Path archive() {
        return OnnxRuntime.FOLDER.resolve(ARCHIVE);
    }

    /**
     * Downloads the archive where it is missing, and reads the parts.
     *
     * @throws InputException where it cannot be downloaded or read; the message says why, and what to do
     */
    public static OnnxWeb fetch(ProgressListener progress) {
        new Downloader().download(SOURCE, archive(), Checksum.sha256(SHA256), progress);
        return read(archive());
    }

    static OnnxWeb read(Path archive) {
        Map<String, byte[]> parts = new HashMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive), 1 << 16), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName();
                if (name.startsWith(FOLDER) && PARTS.contains(name.substring(FOLDER.length()))) {
                    parts.put(name.substring(FOLDER.length()), tar.readAllBytes());
                }
            }
            return new OnnxWeb(part(parts, SCRIPT), part(parts, MODULE), part(parts, WASM));
        } catch (IOException damaged) {
            throw new InputException(archive + " cannot be read (" + damaged.getMessage() + "); delete it", damaged);
        }
    }

    private static byte[] part(Map<String, byte[]> parts, String name) {
        return Objects.requireNonNull(parts.get(name), name); // its hash was checked
    }
}
