package dynafilter.torchfile;

import dynafilter.runtime.ScriptModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipFile;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A small TorchScript file, and files with other records in its place. */
final class ScriptSamples {
    private ScriptSamples() {}

    /** The file is to be called archive.pt, as its root is after it. Modules inside modules, tensors of several types, one of them expanded, a text and code with a branch. */
    static void write(Path file) {
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(0);
            Tensor weight = torch.randn(4, 3, 3, 3);
            ScriptModule layer = ScriptModule.create("Layer")
                    .parameter("weight", weight)
                    .buffer("count", torch.ones(1).to(ScalarType.Long))
                    .buffer("placeholder", torch.zeros(1).expand(2, 3))
                    .define("""
                            def forward(self, x: Tensor) -> Tensor:
                                return torch.relu(torch.conv2d(x, self.weight, None, [1, 1], [1, 1], [1, 1], 1))
                            """);
            ScriptModule inner = ScriptModule.create("Inner").module("0", layer).define("""
                    def forward(self, x: Tensor) -> Tensor:
                        return getattr(self, "0").forward(x)
                    """);
            try (ScriptModule network = ScriptModule.create("Network")
                    .module("inner", inner)
                    .buffer("half", torch.ones(3, 2).to(ScalarType.Half))
                    .define("""
                            def forward(self, x: Tensor) -> Tensor:
                                if torch.numel(x) > 3:
                                    x = self.inner.forward(x)
                                else:
                                    x = torch.add(x, 1.5)
                                return torch.mean(x, [2, 3])
                            """)) {
                network.save(file, Map.of("classes.txt", "a\nb\n"));
            }
        }
    }

    /** What a zip file's records hold, by name. */
    static Map<String, byte[]> records(Path file) {
        Map<String, byte[]> records = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (var entry : zip.stream().toList()) {
                records.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
            return records;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A zip file of these records, with the right checksums. */
    static ZipBytes zip(Map<String, byte[]> records) {
        ZipBytes zip = new ZipBytes();
        records.forEach(zip::record);
        return zip;
    }
}
