package dynafilter.train.label;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import dynafilter.train.TestRun;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class LabelLearnerTest {
    private static final int OWN = 12;
    private static final int OTHERS = 20;
    private static final int STEPS = 4;
    private static final double RATE = 0.05;
    private static final double OLD_WEIGHT = 3;

    /** The whole network over all labels, the new one's images labelled last, with PyTorch's own cross-entropy and AdamW. */
    private static final String SAME_IN_PYTHON = """
            import math, sys, torch
            import torch.nn.functional as F
            sys.path.insert(0, "scripts")
            from pytorch_reference import DynamicFilterNetwork
            file = torch.load(sys.argv[1])
            old = file["old"]
            network = DynamicFilterNetwork("dynamic", classes=10)
            network.load_state_dict(old)
            network.eval().requires_grad_(False)
            with torch.no_grad():
                start = network(file["own"]).softmax(1).mean(0, keepdim=True) @ old["embedding.weight"]
            row = start.clone().requires_grad_()
            optimizer = torch.optim.AdamW([row], weight_decay=0)
            steps, rate, weight = int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
            images = torch.cat([file["own"], file["others"]])
            own = len(file["own"])
            for step in range(steps):
                network.embedding.weight = None
                network.embedding.weight = torch.nn.Parameter(old["embedding.weight"])
                filters = F.normalize(network.generator(torch.cat([old["embedding.weight"], row])))[:, :, None, None]
                scores = network(images, filters)
                labels = torch.full((len(images),), 10)
                new = F.cross_entropy(scores[:own], labels[:own])
                # An old image is to stay what it is taken for: the cross-entropy of 'not the new label'.
                kept = (scores[own:].logsumexp(1) - scores[own:, :10].logsumexp(1)).mean()
                optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
                optimizer.zero_grad()
                ((new + weight * kept) / (1 + weight)).backward()
                optimizer.step()
            torch.save({"start": start, "row": row.detach()}, sys.argv[2])
            """;

    @TempDir
    private Path folder;

    private Map<String, Tensor> state;
    private DynamicFilterNetwork network;
    private LabelExamples own;
    private LabelExamples others;
    private DeviceImages ownImages;
    private DeviceImages otherImages;

    @BeforeEach
    void makeExamples() {
        NetworkShape shape = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10);
        state = StateDict.random(shape, 3);
        network = DynamicFilterNetwork.bind(shape, state, Freeze.NONE);
        ownImages = new DeviceImages(TestRun.set("own", OWN, 4), ComputeDevice.CPU, false);
        otherImages = new DeviceImages(TestRun.set("others", OTHERS, 5), ComputeDevice.CPU, false);
        own = LabelExamples.of(network, ownImages);
        others = LabelExamples.of(network, otherImages);
    }

    private LabelLearner learner(int steps) {
        return new LabelLearner(network, new LabelLearner.Settings(steps, RATE, OLD_WEIGHT), ComputeDevice.CPU);
    }

    private Tensor start() {
        return LabelLearner.mixture(state.get(NetworkShape.EMBEDDING), own);
    }

    @Test
    void learnsWhatCrossEntropyOverAllLabelsTeachesInPython() {
        Python python = Python.withTorch();
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("old", state);
        file.put("own", ownImages.evaluationBatch(0, OWN).images());
        file.put("others", otherImages.evaluationBatch(0, OTHERS).images());
        Path in = folder.resolve("in.pt");
        Path out = folder.resolve("out.pt");
        TorchFile.write(in, file);
        python.run(SAME_IN_PYTHON, in, out, STEPS, RATE, OLD_WEIGHT);
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(out);
        assertClose((Tensor) expected.get("start"), start(), 1e-5, "start");
        Tensor learned = learner(STEPS).learn(start(), own, others);
        assertTrue(difference(start(), learned) > RATE);
        assertClose((Tensor) expected.get("row"), learned, 1e-3, "embedding");
    }

    @Test
    void endsOnceHalfOfItsImagesAreWonWhereNothingElseHoldsItBack() {
        Tensor zero = start().mul(new Scalar(0.0));
        assertTrue(2 * learner(1).won(zero, own) < OWN, "not won yet");
        Tensor alone = learner(60).learn(zero, own, null);
        assertTrue(2 * learner(1).won(alone, own) >= OWN);
        assertEquals(0, difference(alone, learner(60).learn(alone, own, null)), "nothing more to learn");
    }

    @Test
    void whatCountsMoreIsServedMore() {
        double least = meanScore(new LabelLearner(network, new LabelLearner.Settings(30, RATE, 100), ComputeDevice.CPU)
                .learn(start(), own, others));
        double most = meanScore(new LabelLearner(network, new LabelLearner.Settings(30, RATE, 0.01), ComputeDevice.CPU)
                .learn(start(), own, others));
        assertTrue(least < most);
    }

    /** The score that a label with this embedding gives images of old labels. */
    private double meanScore(Tensor embedding) {
        return network.scores(others.features(), network.filtersOf(embedding))
                .mean()
                .item_double();
    }

    @Test
    void nothingOfTheNetworkChanges() {
        Map<String, Tensor> before = new LinkedHashMap<>();
        state.forEach((name, tensor) -> before.put(name, tensor.clone()));
        learner(3).learn(start(), own, others);
        state.forEach((name, tensor) -> assertEquals(0, difference(before.get(name), tensor), name));
    }

    @Test
    void foldsAreJudgedByWhatTheOthersTaught() {
        LabelCrossValidation.Result result = LabelCrossValidation.of(
                learner(1),
                examples -> {
                    assertEquals(OWN - OWN / 4, examples.size());
                    return state.get(NetworkShape.EMBEDDING).narrow(0, 0, 1).mul(new Scalar(2.0));
                },
                own,
                4,
                0);
        assertEquals(OWN, result.images());
        assertTrue(result.won() <= OWN);
    }
}
