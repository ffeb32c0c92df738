package dynafilter;

import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** State dicts in files, as they are there. */
public final class StateDicts {
    private StateDicts() {}

    /** The tensors of a file, or of what it has under "model". */
    public static Map<String, Tensor> read(Path file) {
        Map<?, ?> root = (Map<?, ?>) TorchFile.read(file);
        Map<?, ?> dict = root.get("model") instanceof Map<?, ?> model ? model : root;
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        dict.forEach((name, tensor) -> tensors.put((String) name, (Tensor) tensor));
        return tensors;
    }
}
