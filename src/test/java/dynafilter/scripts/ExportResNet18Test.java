package dynafilter.scripts;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.BackboneFile;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.Checksum;
import dynafilter.model.Backbone;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code scripts/export_resnet18.py} with a package in torchvision's place that has its interface and random weights. */
@ExtendWith(NativeScope.class)
class ExportResNet18Test {
    /** Runs the script once for each line of options, with the modules of a folder, and tells each exit code. */
    private static final String RUN = """
            import runpy, sys
            modules, lines = sys.argv[1:]
            sys.path[:0] = [modules, "src/test/python"]
            for line in lines.splitlines():
                sys.argv = ["export_resnet18.py"] + line.split()
                try:
                    runpy.run_path("scripts/export_resnet18.py", run_name="__main__")
                    code = 0
                except SystemExit as end:
                    code = end.code
                sys.stdout.flush()
                print(f"exit {code}")
            """;

    private static final String CURRENT = """
            import enum, torch
            from networks import ResNet18, lived

            class ResNet18_Weights(enum.Enum):
                IMAGENET1K_V1 = 1

            def resnet18(*, weights=None):
                assert weights in (None, ResNet18_Weights.IMAGENET1K_V1)
                torch.manual_seed(0 if weights is None else 1)
                return lived(ResNet18())
            """;

    private static final String OLDER = """
            import torch
            from networks import ResNet18, lived

            def resnet18(pretrained=False):
                torch.manual_seed(1 if pretrained else 0)
                return lived(ResNet18())
            """;

    /** What the weights of both kinds make of some images, at two places. */
    private static final String EXPECTED = """
            import sys, torch
            sys.path.insert(0, "src/test/python")
            from networks import ResNet18, lived
            saved = {}
            for seed, name in ((1, "imagenet"), (0, "none")):
                torch.manual_seed(seed)
                network = lived(ResNet18())
                images = torch.linspace(-2, 2, 2 * 3 * 32 * 32).view(2, 3, 32, 32)
                saved["images"] = images
                for count, layer in ((5, "layer1"), (6, "layer2")):
                    saved[f"{name} {layer}"] = torch.nn.Sequential(*list(network.children())[:count])(images).detach()
            torch.save(saved, sys.argv[1])
            """;

    @TempDir
    private Path folder;

    private Python python;

    @BeforeEach
    void needsTorch() {
        python = Python.withTorch();
    }

    private Path modules(String models) throws IOException {
        Path package_ = Files.createDirectories(folder.resolve("modules").resolve("torchvision"));
        Files.writeString(package_.resolve("__init__.py"), "");
        Files.writeString(package_.resolve("models.py"), models);
        return package_.getParent();
    }

    private List<String> run(Path modules, List<String> lines) {
        return python.run(RUN, modules, String.join("\n", lines)).lines().toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {CURRENT, OLDER})
    void everythingItWritesIsABackbone(String models) throws IOException {
        Path modules = modules(models);
        Path expectedFile = folder.resolve("expected.pt");
        python.run(EXPECTED, expectedFile);
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(expectedFile);
        List<String> lines = Stream.of(
                        "stem.ts.pt",
                        "stem.pth",
                        "traced.ts.pt --trace --weights none",
                        "whole.ts.pt --whole",
                        "whole-traced.ts.pt --whole --trace",
                        "whole.pth --whole --weights none",
                        "layer2.ts.pt --cut layer2",
                        "layer2-traced.ts.pt --cut layer2 --trace --weights none")
                .map(options -> folder + "/" + options)
                .toList();
        List<String> printed = run(modules, lines);
        for (int i = 0; i < lines.size(); i++) {
            String options = lines.get(i);
            Path file = Path.of(options.split(" ", 2)[0]);
            byte[] bytes = Files.readAllBytes(file);
            assertEquals(
                    String.format(
                            Locale.ROOT, "%s: %,d bytes, sha256 %s", file, bytes.length, Checksum.sha256Of(bytes)),
                    printed.get(2 * i));
            assertEquals("exit 0", printed.get(2 * i + 1));
            String layer = options.contains("layer2") ? "layer2" : "layer1";
            try (PretrainedBackbone found = BackboneFile.read(file, layer, 32, ComputeDevice.CPU);
                    Backbone backbone = found.architecture().bind(found.state(), false, WorkerGroup.single())) {
                String weights = options.contains("none") ? "none " : "imagenet ";
                assertClose(
                        (Tensor) expected.get(weights + layer),
                        backbone.forward((Tensor) expected.get("images"), false),
                        1e-5,
                        options);
            }
        }
    }

    @Test
    void saysWhatIsWrongInOneLine() throws IOException {
        Path modules = modules(CURRENT);
        Path out = folder.resolve("out.pt");
        Path none = Files.createDirectories(folder.resolve("none"));
        Files.writeString(none.resolve("torchvision.py"), "raise ModuleNotFoundError('as where it is not installed')");
        assertEquals(List.of("exit 2"), run(none, List.of(out.toString())));
        List<String> lines = List.of(
                out + " --cut layer9",
                folder.resolve("missing").resolve("out.pt").toString());
        assertEquals(List.of("exit 2", "exit 2"), run(modules, lines));
        assertFalse(Files.exists(out));
        try (Stream<Path> left = Files.list(folder)) {
            assertTrue(left.noneMatch(file -> file.toString().endsWith(".tmp")));
        }
        String help = String.join("\n", run(modules, List.of("--help")));
        assertTrue(help.contains("export_resnet18.py resnet18.ts.pt --whole --trace"), help);
    }
}
