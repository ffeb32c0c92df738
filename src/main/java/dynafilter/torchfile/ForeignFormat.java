package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Files of other formats that people take for checkpoints, known by their first bytes or by the names in a zip file. The texts
 * continue a sentence that begins with the file's name.
 */
final class ForeignFormat {
    /** The number of bytes that {@link #ofHead} looks at. */
    static final int HEAD_BYTES = 512;

    private static final int TAR_MARK = 257;

    private static final Map<String, String> BEGINNINGS = Map.of(
            "version https://git-lfs",
                    "is a pointer of Git LFS, which stands in the file's place; fetch the file itself with `git lfs pull`",
            "\u0089HDF", "is an HDF5 file, as of Keras, which is not read here; give a .pt or .pth file",
            "\u0093NUMPY", "is an array of NumPy, which is not read here; give a .pt or .pth file",
            "\u001f\u008b", "is compressed by gzip; unpack it with `gunzip` first");

    private static final String PT2 =
            "is a program of torch.export (.pt2), which is not read here; make TorchScript of it in Python:"
                    + " torch.jit.trace(torch.export.load(FILE).module(), images).save(\"network.ts.pt\")";

    /** The record that this program's own files of {@code torch.export} have, and no other program's. */
    private static final String OWN_DESCRIPTION = "/extra/dynafilter.json";

    private static final String OWN_PT2 =
            "is a program of torch.export (.pt2) that `export` wrote for PyTorch, which is not read here;"
                    + " give the checkpoint that it was made of, or export that as TorchScript, safetensors or ONNX";

    private ForeignFormat() {}

    /**
     * The format of a file by its beginning, and the way out; empty where the format is not known.
     *
     * @param head the first {@value #HEAD_BYTES} bytes of the file, or all of a shorter file
     */
    static Optional<String> ofHead(byte[] head) {
        String text = new String(head, ISO_8859_1);
        for (Map.Entry<String, String> beginning : BEGINNINGS.entrySet()) {
            if (text.startsWith(beginning.getKey())) {
                return Optional.of(beginning.getValue());
            }
        }
        if (text.startsWith("ustar", TAR_MARK)) {
            return Optional.of("is a tar archive; unpack it first");
        }
        if (text.startsWith("ET1", 4)) {
            return Optional.of(
                    "is a program of ExecuTorch (.pte), which is not read here; give TorchScript or a state dict");
        }
        return SafetensorsFile.begins(head)
                ? Optional.of(
                        "holds safetensors, which are weights alone, and a checkpoint is needed; give the best.pt or"
                                + " last.pt of a run")
                : Optional.empty();
    }

    /**
     * The format of a zip file by its records, and the way out; empty where the format is not known.
     *
     * @param names the names of the records
     */
    static Optional<String> ofRecords(Collection<String> names) {
        if (any(names, "data/aotinductor/")) {
            return Optional.of(
                    "is compiled by AOTInductor (.pt2) for one kind of machine; give the network it was made from");
        }
        if (any(names, "archive_format") && any(names, OWN_DESCRIPTION)) {
            return Optional.of(OWN_PT2);
        }
        if (any(names, "archive_format") || any(names, "serialized_exported_program.json")) {
            return Optional.of(PT2);
        }
        if (any(names, ".data/extern_modules")) {
            return Optional.of("is a torch.package, which is code; refused: save a state dict with torch.save");
        }
        if (any(names, "MAR-INF/")) {
            return Optional.of("is an archive of TorchServe (.mar); unpack it, and give the weights in it");
        }
        return names.stream()
                .filter(name -> name.matches(".*\\.(pt|pth|ckpt|npy|h5|safetensors|bin)"))
                .findFirst()
                .map(name ->
                        "is a zip file that holds " + BadFile.shown(name) + "; unpack it, and give a .pt or .pth file");
    }

    private static boolean any(Collection<String> names, String part) {
        return names.stream().anyMatch(name -> name.contains(part));
    }
}
