package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.torchscript.TorchScriptExport;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that scripts in Python saved, each in its own way: their scores here are those that PyTorch gives. */
@ExtendWith(NativeScope.class)
class ForeignWeightsTest {
    private static final String WRITE = """
            import collections, sys, torch
            from torch.optim.swa_utils import AveragedModel
            sys.path.insert(0, "scripts")
            import pytorch_reference as reference

            folder = sys.argv[1]
            torch.manual_seed(0)
            network = reference.DynamicFilterNetwork("dynamic", classes=3).eval()
            other = reference.DynamicFilterNetwork("dynamic", classes=3)
            state = network.state_dict()
            pixels = torch.randint(256, (5, 3, 32, 32), dtype=torch.uint8)
            shape = (3, 1, 1)
            images = (pixels / 255 - torch.tensor(reference.MEAN).view(shape)) / torch.tensor(reference.STD).view(shape)

            def scores(state):
                network.load_state_dict(state)
                with torch.no_grad():
                    return network(images)

            def to(dtype):
                return {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}

            def save(name, value, own=state):
                torch.save(value, f"{folder}/{name}.pt")
                expected[name] = scores({k: v.float() if v.is_floating_point() else v for k, v in own.items()})

            expected = {}
            for name, dtype in {"half": torch.float16, "bfloat16": torch.bfloat16, "double": torch.float64}.items():
                save(name, to(dtype), to(dtype))
            save("parallel", {"net": torch.nn.DataParallel(network).state_dict(), "acc": 91.2, "epoch": 3})
            # As torch.compile names them, which itself needs more packages than torch alone brings.
            save("compiled", {"model_state_dict": {"_orig_mod.module." + k: v for k, v in state.items()}})
            save("averaged", AveragedModel(network).state_dict())
            save("reference", {"model": other.state_dict(), "model_ema": AveragedModel(network).state_dict(),
                               "lr_scheduler": {"milestones": collections.Counter([10, 20])}, "args": {"tags": {1, 2}}})
            save("lightning", {"state_dict": {**{"model." + k: v for k, v in state.items()}, "loss.weight": torch.ones(3)},
                               "pytorch-lightning_version": "2.6.0", "hyper_parameters": {"lr": 0.1}})
            save("compiled-inside", {k.replace("backbone.", "backbone._orig_mod."): v for k, v in state.items()})
            torch.serialization.set_crc32_options(False)
            save("unchecked", state)
            torch.save({"pixels": pixels, "expected": expected}, f"{folder}/expected.pt")
            """;

    @TempDir
    private static Path folder;

    @BeforeEach
    void writeOnce() {
        Python python = Python.withTorch();
        if (!Files.exists(folder.resolve("expected.pt"))) {
            python.run(WRITE, folder);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "half",
                "bfloat16",
                "double",
                "parallel",
                "compiled",
                "averaged",
                "reference",
                "lightning",
                "compiled-inside",
                "unchecked"
            })
    void scoresAsPyTorchDoes(String name) {
        Map<?, ?> python = (Map<?, ?>) TorchFile.read(folder.resolve("expected.pt"));
        Tensor pixels = (Tensor) python.get("pixels");
        Tensor expected = (Tensor) ((Map<?, ?>) python.get("expected")).get(name);
        try (TrainedNetwork network = TrainedNetwork.read(folder.resolve(name + ".pt"), ComputeDevice.CPU)) {
            assertClose(expected, network.classifier().scores(pixels), 1e-5, "scores");
            assertEquals(3, network.classes().size());
            Path exported = folder.resolve(name + ".ts.pt");
            new TorchScriptExport(network, ScriptInput.UINT8, true)
                    .write(exported, new ExportVersions(null, null, null));
            try (TrainedNetwork again = TrainedNetwork.read(exported, ComputeDevice.CPU)) {
                assertClose(expected, again.classifier().scores(pixels), 1e-5, "exported scores");
            }
        }
    }
}
