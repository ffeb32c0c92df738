package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.torchscript.TorchScriptExport;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A C++ program built against the libtorch inside Python's torch runs what is exported. Compiling it takes most of a minute. */
@ExtendWith(NativeScope.class)
@Tag("cpp")
class CppTest {
    private static final String BUILD = """
            import pathlib, subprocess, sys, torch
            home, out, model = pathlib.Path(torch.__file__).parent, sys.argv[1], sys.argv[2]
            flags = [f"-I{home}/include", f"-I{home}/include/torch/csrc/api/include", "-std=c++17",
                     f"-D_GLIBCXX_USE_CXX11_ABI={int(torch._C._GLIBCXX_USE_CXX11_ABI)}"]
            libraries = [f"-L{home}/lib", f"-Wl,-rpath,{home}/lib", "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10"]
            subprocess.run(["g++", *flags, "src/test/cpp/classify.cpp", "-o", out, *libraries], check=True)
            print(subprocess.run([out, model], check=True, capture_output=True, text=True).stdout, end="")
            """;

    @TempDir
    private Path folder;

    @Test
    void aProgramInCppGetsTheSameScoresMapsAndFilters() throws IOException {
        Python python = Python.withTorch();
        Path checkpoint = folder.resolve("state.pt");
        Path exported = folder.resolve("model.ts.pt");
        TorchFile.write(checkpoint, StateDict.random(NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 3), 5));
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            new TorchScriptExport(trained, ScriptInput.UINT8, true)
                    .write(exported, new TorchScriptExport.Versions(null, null, null));
            List<String> printed = python.run(BUILD, folder.resolve("classify"), exported)
                    .lines()
                    .toList();
            Tensor image = torch.arange(new Scalar(3 * 32 * 32))
                    .mul(new Scalar(37))
                    .remainder(new Scalar(256))
                    .to(ScalarType.Byte)
                    .view(1, 3, 32, 32);
            assertLine("scores [1, 3] ", trained.classifier().scores(image), printed.get(0));
            assertLine("maps [1, 3, 8, 8] ", trained.classifier().responseMaps(image), printed.get(1));
            assertLine("filters [3, 64, 1, 1] ", trained.network().constants().weights(), printed.get(2));
            assertEquals(List.of("class 0", "class 1", "class 2"), printed.subList(3, 6));
        }
    }

    private static void assertLine(String head, Tensor expected, String line) {
        assertEquals(head, line.substring(0, Math.min(line.length(), head.length())));
        double[] actual = Arrays.stream(line.substring(head.length()).split(" ", -1))
                .mapToDouble(Double::parseDouble)
                .toArray();
        float[] values = TensorAssert.floats(expected);
        for (int i = 0; i < actual.length; i++) {
            assertEquals(values[i], actual[i], 1e-5 * Math.max(1, Math.abs(values[i])), head + i);
        }
    }
}
