package dynafilter.checkpoint.pt2;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.io.AtomicFile;
import dynafilter.io.JsonFile;
import dynafilter.torchfile.RecordWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The file of a program, archive version 0 ({@code torch/export/pt2_archive}): a zip file with the graph as JSON and a record of raw
 * little-endian numbers for each weight. Nothing in it is pickled. The example of arguments, which {@code torch.export.save} would
 * pickle with the images that it was exported with, is left empty.
 */
final class ProgramArchive {
    private static final String FOLDER = "archive";
    private static final String WEIGHTS = "data/weights/";

    private ProgramArchive() {}

    /**
     * Writes the file as a whole or not at all.
     *
     * @param extra texts by name, which {@code torch.export.load(file, extra_files=...)} gives back
     * @throws dynafilter.io.OutputException where it cannot be written; the old one is kept
     */
    static void write(Path file, ProgramGraph graph, ProgramValue result, Map<String, String> extra) {
        List<ProgramGraph.Weight> weights = graph.weights();
        Map<String, Object> config = new LinkedHashMap<>();
        for (int i = 0; i < weights.size(); i++) {
            config.put(weights.get(i).name(), entry(weights.get(i), "weight_" + i));
        }
        AtomicFile.write(file, out -> {
            RecordWriter zip = new RecordWriter(out, FOLDER);
            zip.write("archive_format", text("pt2"));
            zip.write("archive_version", text("0"));
            zip.write(".data/version", text("6\n"));
            zip.write("byteorder", text("little"));
            zip.write("models/model.json", json(graph.toJson(result)));
            zip.write(WEIGHTS + "model_weights_config.json", json(Map.of("config", config)));
            for (int i = 0; i < weights.size(); i++) {
                zip.write(WEIGHTS + "weight_" + i, weights.get(i).tensor());
            }
            zip.write("data/constants/model_constants_config.json", json(Map.of("config", Map.of())));
            zip.write("data/sample_inputs/model.pt", new byte[0]);
            for (Map.Entry<String, String> entry : extra.entrySet()) {
                zip.write("extra/" + entry.getKey(), text(entry.getValue()));
            }
            zip.finish();
        });
    }

    private static Map<String, Object> entry(ProgramGraph.Weight weight, String record) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("path_name", record);
        entry.put("is_param", weight.parameter());
        entry.put("use_pickle", false);
        entry.put("tensor_meta", weight.value().meta(weight.parameter()));
        return entry;
    }

    private static byte[] json(Object document) {
        return text(JsonFile.line(document));
    }

    private static byte[] text(String text) {
        return text.getBytes(UTF_8);
    }
}
