package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Optimizer states go from here to torch.optim and back, and the next steps agree. */
@ExtendWith(NativeScope.class)
class OptimizerExchangeTest {
    private static final double RATE = 0.01;
    private static final List<Recipe> RECIPES = List.of(
            TestRun.recipe("optimizer", "sgd", "momentum", 0.9, "weight_decay", 0.1),
            TestRun.recipe("optimizer", "sgd", "momentum", 0.0, "weight_decay", 0.1),
            TestRun.recipe("optimizer", "adamw", "weight_decay", 0.1),
            TestRun.recipe("optimizer", "muon", "lr", RATE, "rest_lr", 0.04, "weight_decay", 0.1),
            TestRun.recipe("optimizer", "muon", "lr", RATE, "rest_lr", 0.04, "weight_decay", 0.1, "momentum", 0.0));

    /** Loads the state, makes the third step, saves it, and makes the fourth. */
    private static final String CONTINUE = """
            import importlib.util, sys, torch
            sys.dont_write_bytecode = True
            spec = importlib.util.spec_from_file_location("reference", sys.argv[2])
            reference = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(reference)
            for index, (kind, rest_decay) in enumerate(word.split(":") for word in sys.argv[3:]):
                folder = f"{sys.argv[1]}/{index}"
                given = torch.load(f"{folder}/given.pt")
                parameters = [torch.nn.Parameter(t) for t in given["parameters"]]
                groups = [dict(params=[p for p in parameters if p.ndim >= 2]),
                          dict(params=[p for p in parameters if p.ndim < 2])]
                if kind == "muon":
                    hidden = lambda i: given["names"][i] != "embedding.weight"
                    maker = lambda i: given["names"][i].startswith("generator.")
                    groups = [dict(params=[p for i, p in enumerate(parameters) if p.ndim >= 2 and hidden(i) and not maker(i)]),
                              dict(params=[p for i, p in enumerate(parameters) if maker(i)]),
                              dict(params=[p for i, p in enumerate(parameters) if p.ndim >= 2 and not hidden(i)]), groups[1]]
                    optimizer = reference.Muon(groups, 9, 9, 0.5)
                else:
                    optimizer = torch.optim.SGD(groups, lr=9) if kind == "sgd" else torch.optim.AdamW(groups, lr=9)
                options = [set(group) for group in optimizer.param_groups]
                optimizer.load_state_dict(given["optimizer"])
                assert all(wanted <= set(group) for wanted, group in zip(options, optimizer.param_groups))
                rates, decays = ([0.01, 0.01, 0.04, 0.04], [0.1, 0.3, float(rest_decay), 0]) if kind == "muon" else ([0.01, 0.01], [0.1, 0])
                assert [g["lr"] for g in optimizer.param_groups] == rates
                assert all(abs(g["weight_decay"] - decay) < 1e-9 for g, decay in zip(optimizer.param_groups, decays))
                for step in (2, 3):
                    for p, g in zip(parameters, given["gradients"][step]):
                        p.grad = g.clone()
                    optimizer.step()
                    torch.save({"parameters": [p.detach() for p in parameters], "optimizer": optimizer.state_dict()},
                               f"{folder}/after{step}.pt")
            """;

    @TempDir
    private Path folder;

    private final Map<String, Tensor> initial = new LinkedHashMap<>();
    private final List<Map<String, Tensor>> gradients = new ArrayList<>();

    @BeforeEach
    void drawTensors() {
        torch.manual_seed(0);
        initial.put("conv.weight", torch.randn(4, 3, 3, 3)); // channels-last in the flat buffer
        initial.put("fc.weight", torch.randn(5, 7));
        initial.put("conv2.weight", torch.randn(4, 3, 3, 3)); // a batch with the first for muon
        initial.put("tall.weight", torch.randn(9, 6));
        initial.put("embedding.weight", torch.randn(3, 4));
        initial.put("generator.2.weight", torch.randn(5, 7)); // of another group than the matrix of its shape
        initial.put("fc.bias", torch.randn(5));
        for (int step = 0; step < 4; step++) {
            Map<String, Tensor> drawn = new LinkedHashMap<>();
            initial.forEach((name, tensor) -> drawn.put(name, torch.randn(tensor.shape())));
            gradients.add(drawn);
        }
    }

    /** The optimizer and, of Muon, the weight decay of the rest, which is to be as strong in the long run. */
    private static String kind(Recipe recipe) {
        boolean keeps = recipe.optimization().momentum() > 0;
        return recipe.optimization().optimizer() + ":" + (keeps ? 0.1 * 0.01 / 0.04 * 0.1 : 0.1 * 0.01 / 0.04);
    }

    private FlatParameters parameters(Recipe recipe) {
        return parameters(initial, recipe);
    }

    private static FlatParameters parameters(Map<String, Tensor> tensors, Recipe recipe) {
        return new FlatParameters(tensors, name -> true, name -> Optimizer.kind(recipe, name), ComputeDevice.CPU);
    }

    private void step(FlatParameters parameters, Optimizer optimizer, int step) {
        gradients
                .get(step)
                .forEach((name, gradient) ->
                        parameters.view(parameters.gradients(), name).copy_(gradient));
        optimizer.setLearningRate(RATE);
        optimizer.step();
    }

    @Test
    void pythonGoesOnFromAStateOfJavaAndJavaFromOneOfPython() throws IOException {
        Python python = Python.withTorch();
        for (int i = 0; i < RECIPES.size(); i++) {
            Files.createDirectory(folder.resolve("" + i));
            try (FlatParameters parameters = parameters(RECIPES.get(i));
                    Optimizer optimizer = Optimizer.of(RECIPES.get(i), parameters)) {
                step(parameters, optimizer, 0);
                step(parameters, optimizer, 1);
                write(folder.resolve("" + i), parameters, optimizer);
            }
        }
        python.run(
                CONTINUE,
                Stream.concat(
                                Stream.of(folder, Path.of("scripts", "pytorch_reference.py")),
                                RECIPES.stream().map(OptimizerExchangeTest::kind))
                        .toArray());
        for (int i = 0; i < RECIPES.size(); i++) {
            assertGoesOn(RECIPES.get(i), folder.resolve("" + i));
        }
    }

    private void assertGoesOn(Recipe recipe, Path saved) {
        Map<?, ?> third = (Map<?, ?>) TorchFile.read(saved.resolve("after2.pt"));
        try (FlatParameters parameters = parameters(recipe);
                Optimizer optimizer = Optimizer.of(recipe, parameters);
                Optimizer other = Optimizer.of(recipe, parameters)) {
            for (int step = 0; step < 3; step++) {
                step(parameters, optimizer, step);
            }
            assertParameters(third, parameters);
            other.load(state(third));
            step(parameters, other, 3);
            assertParameters((Map<?, ?>) TorchFile.read(saved.resolve("after3.pt")), parameters);
        }
    }

    private void write(Path saved, FlatParameters parameters, Optimizer optimizer) {
        Map<String, Object> given = new LinkedHashMap<>();
        given.put("names", List.copyOf(parameters.state().keySet()));
        given.put("parameters", List.copyOf(parameters.state().values()));
        given.put("optimizer", optimizer.stateDict(RATE));
        given.put(
                "gradients",
                gradients.stream().map(drawn -> List.copyOf(drawn.values())).toList());
        TorchFile.write(saved.resolve("given.pt"), given);
    }

    private static Map<String, Object> state(Map<?, ?> saved) {
        Map<String, Object> state = new LinkedHashMap<>();
        ((Map<?, ?>) saved.get("optimizer")).forEach((key, value) -> state.put((String) key, value));
        return state;
    }

    private static void assertParameters(Map<?, ?> expected, FlatParameters parameters) {
        List<?> tensors = (List<?>) expected.get("parameters");
        int[] at = {0};
        parameters
                .state()
                .forEach((name, tensor) -> assertClose((Tensor) tensors.get(at[0]++), tensor.detach(), 1e-6, name));
    }

    /** The reference's hidden matrices are torch.optim.Muon's, once that computes in float32, too. */
    @Test
    void theReferencesMuonIsTorchs() {
        Python.withTorch().run("""
                import importlib.util, sys, torch
                sys.dont_write_bytecode = True
                spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
                reference = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(reference)
                if not hasattr(torch.optim, "Muon"):
                    sys.exit()
                torch.Tensor.bfloat16 = torch.Tensor.clone
                torch.manual_seed(0)
                first = [torch.randn(shape) for shape in ((5, 7), (9, 4), (6, 6))]
                own, theirs = ([torch.nn.Parameter(t.clone()) for t in first] for _ in range(2))
                groups = [dict(params=own, weight_decay=0.1), dict(params=[], weight_decay=0.1), dict(params=[], weight_decay=0)]
                optimizer, other = reference.Muon(groups, 0.02, 9, 0.9), torch.optim.Muon(theirs, lr=0.02, momentum=0.95)
                assert set(other.param_groups[0]) <= set(optimizer.param_groups[0])
                for step in range(20):
                    for a, b in zip(own, theirs):
                        a.grad = torch.randn_like(a)
                        b.grad = a.grad.clone()
                    optimizer.step(), other.step()
                for a, b in zip(own, theirs):
                    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
                other.load_state_dict(dict(optimizer.state_dict(), param_groups=optimizer.state_dict()["param_groups"][:1]))
                """, Path.of("scripts", "pytorch_reference.py"));
    }

    @Test
    void aStateOfTheOtherOptimizerIsRefused() {
        Recipe sgd = TestRun.recipe("optimizer", "sgd");
        Recipe adamw = TestRun.recipe("optimizer", "adamw");
        assertRefused(adamw, sgd, initial, "no 'momentum': it was written by another optimizer; pass the --optimizer");
        assertRefused(sgd, adamw, initial, "no 'betas': it was written by another optimizer; pass the --optimizer");
        assertRefused(
                sgd,
                TestRun.recipe("optimizer", "muon"),
                initial,
                "has 2 parameter groups, this run has 4 (those of muon");
    }

    @Test
    void aStateOfOtherParametersIsRefused() {
        Recipe sgd = TestRun.recipe("optimizer", "sgd");
        Map<String, Tensor> fewer = new LinkedHashMap<>(initial);
        fewer.remove("fc.bias");
        assertRefused(sgd, sgd, fewer, "has 2 parameter groups, this run has 1");
        Map<String, Tensor> more = new LinkedHashMap<>(initial);
        more.put("other.weight", torch.randn(2, 2));
        assertRefused(sgd, sgd, more, "group 0 of the optimizer state has 6 parameters, this run trains 7");
        Map<String, Tensor> wider = new LinkedHashMap<>(initial);
        wider.put("fc.weight", torch.randn(5, 8));
        assertRefused(sgd, sgd, wider, "momentum_buffer of fc.weight is [5, 7], the parameter is [5, 8]");
    }

    private void assertRefused(Recipe from, Recipe to, Map<String, Tensor> tensors, String message) {
        try (FlatParameters parameters = parameters(from);
                Optimizer optimizer = Optimizer.of(from, parameters);
                FlatParameters others = parameters(tensors, to);
                Optimizer other = Optimizer.of(to, others)) {
            step(parameters, optimizer, 0);
            Map<String, Object> state = optimizer.stateDict(RATE);
            String actual =
                    assertThrows(InputException.class, () -> other.load(state)).getMessage();
            assertTrue(actual.contains(message), actual);
        }
    }

    /** The view of a buffer has its parameter's shape and order of numbers, whatever the layout in memory. */
    @Test
    void aConvolutionsWeightIsChannelsLastAndEqualToItsSource() {
        try (FlatParameters parameters = parameters(RECIPES.get(0))) {
            Tensor weight = parameters.state().get("conv.weight");
            assertArrayEquals(new long[] {27, 1, 9, 3}, weight.strides().vec().get());
            assertIdentical(initial.get("conv.weight"), weight.detach(), "conv.weight");
        }
    }
}
