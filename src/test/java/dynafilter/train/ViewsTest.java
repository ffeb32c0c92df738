package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.io.InputException;
import dynafilter.model.Classifier;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.Views;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Averaged scores are those of the pictures that Python mirrors and shifts. */
@ExtendWith(NativeScope.class)
class ViewsTest {
    private static final String MAKE_VIEWS = """
            import sys, torch
            pixels = torch.load(sys.argv[1])["pixels"]
            padded = torch.nn.functional.pad(pixels.float(), (1, 1, 1, 1), mode="reflect").byte()
            views = {"plain": pixels, "up": padded[:, :, 2:, 2:], "down": padded[:, :, :-2, :-2]}
            views |= {name + " mirrored": view.flip(3) for name, view in views.items()}
            torch.save({name: view.contiguous() for name, view in views.items()}, sys.argv[2])
            """;

    @TempDir
    private Path folder;

    @Test
    void scoresAreMeansOverTheViewsThatPythonMakes() {
        Python python = Python.withTorch();
        Tensor pixels = TestRun.set("images", 6, 1).images();
        TorchFile.write(folder.resolve("given.pt"), Map.of("pixels", pixels));
        python.run(MAKE_VIEWS, folder.resolve("given.pt"), folder.resolve("views.pt"));
        Map<?, ?> views = (Map<?, ?>) TorchFile.read(folder.resolve("views.pt"));
        try (TestBench bench = new TestBench(TestRun.recipe(), TestBench.initial(TestRun.recipe()));
                NoGradGuard guard = new NoGradGuard();
                NetworkClassifier plain = new NetworkClassifier(bench.state.evaluated(), ComputeDevice.CPU)) {
            Tensor middle = pair(plain, views, "plain");
            Tensor shifted = pair(plain, views, "up").add(pair(plain, views, "down"));
            assertClose(middle.div(scalar(2)), Views.MIRROR.of(plain).scores(pixels), 1e-5, "mirror");
            assertClose(
                    middle.div(scalar(4)).add(shifted.div(scalar(8))),
                    Views.SHIFTS.of(plain).scores(pixels),
                    1e-5,
                    "shifts");
            assertSame(plain, Views.NONE.of(plain));
        }
    }

    private static Tensor pair(Classifier classifier, Map<?, ?> views, String name) {
        Tensor seen = classifier.scores((Tensor) views.get(name));
        return seen.add(classifier.scores((Tensor) views.get(name + " mirrored")));
    }

    private static Scalar scalar(int value) {
        return new Scalar(value);
    }

    @Test
    void otherViewsAreRefused() {
        assertEquals(
                "--tta crops: use none, mirror or shifts",
                assertThrows(InputException.class, () -> Views.of("crops")).getMessage());
    }
}
