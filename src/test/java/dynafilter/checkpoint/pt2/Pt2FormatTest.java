package dynafilter.checkpoint.pt2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportedNetworks;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.BasisImage;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Programs of torch.export give the network's scores in PyTorch. */
@ExtendWith(NativeScope.class)
class Pt2FormatTest {
    /** Loads programs by their names in a folder, and compares their scores with those of the answers beside them. */
    static final String LOAD = """
            import io, json, logging, sys, torch

            folder, names = sys.argv[1], sys.argv[2:]
            warnings = io.StringIO()      # the loader tells its reasons here
            logging.getLogger("torch.export").addHandler(logging.StreamHandler(warnings))
            mean = torch.tensor([.4914, .4822, .4465]).view(3, 1, 1)
            std = torch.tensor([.2470, .2435, .2616]).view(3, 1, 1)

            def close(name, actual, expected):
                assert actual.shape == expected.shape, (name, actual.shape, expected.shape)
                worst = ((actual - expected).abs().max() / expected.abs().max()).item()
                assert worst < 1e-5, (name, worst)

            for name in names:
                extra = {"dynafilter.json": "", "classes.txt": ""}
                try:
                    program = torch.export.load(f"{folder}/{name}.pt2", extra_files=extra)
                except Exception:
                    sys.exit(f"{name}: {warnings.getvalue()}")
                answer = torch.load(f"{folder}/{name}.answer")
                pixels, scores = answer["pixels"], answer["scores"]
                told = json.loads(extra["dynafilter.json"])
                assert told["format"] == "dynafilter-pt2/1" and told["recipe"]["epochs"] == 4, told
                assert extra["classes.txt"].splitlines() == told["classes"] and len(told["classes"]) == scores.shape[1]
                images = pixels if told["input"] == "uint8" else (pixels / 255 - mean) / std
                module = program.module()
                with torch.no_grad():
                    for count in (len(images), 3, 2, 1):
                        close(f"{name}, {count} images", module(images[:count]), scores[:count])
                    assert module(images[:0]).shape == (0, scores.shape[1])
                    close("channels-last", module(images.contiguous(memory_format=torch.channels_last)), scores)
                try:
                    module(images[:, :, :-1])
                    sys.exit(f"{name} takes images of another size")
                except RuntimeError as refused:
                    assert "shape[2]" in str(refused), refused
                if name == names[0]:      # what follows is slow, and the same for all
                    saved = io.BytesIO()
                    torch.export.save(program, saved)
                    again = torch.export.load(io.BytesIO(saved.getvalue()))
                    close("saved again", again.module()(images), scores)
                    close("decomposed", again.run_decompositions().module()(images), scores)
                    close("unflattened", torch.export.unflatten(program)(images), scores)
                assert not warnings.getvalue(), warnings.getvalue()
                assert any(str(s).startswith("s") for s in program.range_constraints), program.range_constraints
            """;

    private static final String COMPILE = """
            import sys, torch
            folder = sys.argv[1]
            for name in sys.argv[2:]:
                program = torch.export.load(f"{folder}/{name}.pt2")
                answer = torch.load(f"{folder}/{name}.answer")
                program.example_inputs = ((answer["pixels"][:2],), {})
                compiled = torch._inductor.aoti_compile_and_package(program, package_path=f"{folder}/{name}-compiled.pt2")
                run = torch._inductor.aoti_load_package(compiled)
                for count in (17, 3, 1):
                    scores = run(answer["pixels"][:count])
                    worst = (scores - answer["scores"][:count]).abs().max() / answer["scores"].abs().max()
                    assert worst < 1e-5, (name, count, worst)
            """;

    @TempDir
    private Path folder;

    private final List<String> names = new ArrayList<>();

    private void export(String name, FilterKind kind, int classes, int imageSize, ExportSettings settings) {
        export(name, FilterDesign.of(kind), classes, imageSize, settings);
    }

    private void export(String name, FilterDesign design, int classes, int imageSize, ExportSettings settings) {
        Path checkpoint = ExportedNetworks.checkpoint(
                folder.resolve("best.pt"), design, classes, imageSize, design.kind() == FilterKind.DYNAMIC);
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            new Pt2Format().write(trained, settings, folder.resolve(name + ".pt2"), ExportedNetworks.VERSIONS);
            ExportedNetworks.answer(folder.resolve(name + ".answer"), trained, ExportedNetworks.pixels(17, imageSize));
        }
        names.add(name);
    }

    @Test
    void pythonLoadsThemAndScoresAlike() {
        Python python = Python.withModules("torch", "sympy", "filelock", "networkx");
        ExportSettings pixels = new ExportSettings(ScriptInput.UINT8, true);
        ExportSettings generated = new ExportSettings(ScriptInput.NORMALIZED, false);
        export("ten", FilterKind.DYNAMIC, 10, 32, ExportSettings.DEFAULT);
        export("one", FilterKind.DYNAMIC, 1, 32, ExportSettings.DEFAULT);
        export("hundred", FilterKind.DYNAMIC, 100, 32, generated);
        export("large", new FilterDesign(FilterKind.DYNAMIC, 2, 3, FilterDesign.BASIS, BasisImage.ON), 10, 64, pixels);
        export("odd", new FilterDesign(FilterKind.STATIC, 3, 3, FilterDesign.BASIS, BasisImage.ON), 3, 33, generated);
        export("local", FilterKind.LOCAL, 4, 32, ExportSettings.DEFAULT);
        export("mixed", new FilterDesign(FilterKind.BASIS, 1, 1, 4, BasisImage.OFF), 4, 32, ExportSettings.DEFAULT);
        export("local-generated", FilterKind.LOCAL, 4, 40, generated);
        export("mixed-generated", new FilterDesign(FilterKind.BASIS, 1, 1, 4, BasisImage.OFF), 7, 32, generated);
        export("single", FilterKind.SINGLE, 10, 32, ExportSettings.DEFAULT);
        export("conditional", FilterKind.CONDITIONAL, 10, 32, ExportSettings.DEFAULT);
        export("conditional-one", FilterKind.CONDITIONAL, 1, 32, pixels);
        export("conditional-hundred", FilterKind.CONDITIONAL, 100, 50, generated);
        export("basis", FilterKind.BASIS, 10, 32, ExportSettings.DEFAULT);
        export("basis-one", new FilterDesign(FilterKind.BASIS, 1, 1, 1, BasisImage.ON), 1, 33, generated);
        export("basis-hundred", new FilterDesign(FilterKind.BASIS, 1, 1, 5, BasisImage.ON), 100, 32, pixels);
        List<Object> arguments = new ArrayList<>(List.of(folder));
        arguments.addAll(names);
        python.run(LOAD, arguments.toArray());
    }

    /** Minutes of C++, on a busy machine. */
    @Test
    @Tag("cpp")
    void aotInductorCompilesThem() {
        Python python = Python.withModules("torch", "sympy", "filelock", "networkx", "jinja2");
        for (FilterKind kind : List.of(FilterKind.DYNAMIC, FilterKind.CONDITIONAL, FilterKind.BASIS)) {
            export(kind.toString(), kind, 10, 32, new ExportSettings(ScriptInput.UINT8, true));
            python.run(COMPILE, folder, kind);
        }
    }

    @Test
    void theFileIsRawNumbersAndJson() throws IOException {
        export("network", FilterKind.DYNAMIC, 10, 32, ExportSettings.DEFAULT);
        byte[] first = Files.readAllBytes(folder.resolve("network.pt2"));
        export("network", FilterKind.DYNAMIC, 10, 32, ExportSettings.DEFAULT);
        assertArrayEquals(first, Files.readAllBytes(folder.resolve("network.pt2")));
        try (ZipFile zip = new ZipFile(folder.resolve("network.pt2").toFile())) {
            List<? extends ZipEntry> entries = zip.stream().toList();
            assertEquals(
                    List.of(),
                    entries.stream()
                            .filter(entry -> entry.getName().endsWith(".pkl"))
                            .toList());
            assertEquals("archive/archive_format", entries.get(0).getName());
            assertEquals(0, zip.getEntry("archive/data/sample_inputs/model.pt").getSize());
            byte[] weight = zip.getInputStream(zip.getEntry("archive/data/weights/weight_0"))
                    .readAllBytes();
            assertEquals(64 * 3 * 7 * 7 * Float.BYTES, weight.length);
            entries.forEach(entry -> assertEquals(ZipEntry.STORED, entry.getMethod(), entry.getName()));
        }
    }
}
