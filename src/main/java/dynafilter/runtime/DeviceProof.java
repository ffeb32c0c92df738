package dynafilter.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A test that a device computes. On CUDA it has a part for each of the libraries and mechanisms that training needs, of which any
 * may fail while the others work: cuBLAS, cuDNN, autograd's thread, graphs, fused operators, pinned memory.
 */
public final class DeviceProof {
    private static final long SIZE = 64;
    private static final double TOLERANCE =
            1e-2; // of the norm: bf16 has 8 binary digits, so that a result is off by 3e-3
    private static final int REPLAYS = 2;
    private static final double RATE = 0.1;
    private static final double MOMENTUM = 0.9;
    private static final double UPDATED = 1 - RATE * (1 + MOMENTUM); // of a one with the gradient 1, by Nesterov
    private static final long BYTES = 1 << 16;

    private DeviceProof() {}

    /**
     * Selects a device and runs the test on it: on the CPU a small matrix product alone. Returns the problems; empty where there
     * is none.
     */
    public static Optional<String> problem(ComputeDevice device) {
        try (PointerScope scope = new PointerScope()) {
            device.select();
            Map<String, Function<ComputeDevice, Optional<String>>> parts = new LinkedHashMap<>();
            parts.put("a product of ones", DeviceProof::product);
            if (device.isCuda()) {
                parts.putAll(ofTraining());
            }
            return problem(device, parts);
        } catch (RuntimeException failure) {
            return Optional.of(NativeRuntime.firstLine(failure));
        }
    }

    /** What training needs, in small; these run on the CPU, too, which has no graphs. */
    static Map<String, Function<ComputeDevice, Optional<String>>> ofTraining() {
        Map<String, Function<ComputeDevice, Optional<String>>> parts = new LinkedHashMap<>();
        parts.put("a bf16 convolution with its gradients", DeviceProof::convolution);
        parts.put("the same as a graph", DeviceProof::graph);
        parts.put("a fused optimizer step", DeviceProof::update);
        parts.put("a copy from pinned memory", DeviceProof::copy);
        return parts;
    }

    /** Runs all parts, but none behind one that breaks off: CUDA may answer everything with the same error from then on. */
    static Optional<String> problem(
            ComputeDevice device, Map<String, Function<ComputeDevice, Optional<String>>> parts) {
        List<String> problems = new ArrayList<>();
        for (Map.Entry<String, Function<ComputeDevice, Optional<String>>> part : parts.entrySet()) {
            try (PointerScope scope = new PointerScope()) {
                part.getValue().apply(device).ifPresent(problem -> problems.add(part.getKey() + " " + problem));
            } catch (RuntimeException failure) {
                problems.add(part.getKey() + " fails: " + NativeRuntime.firstLine(failure));
                break;
            }
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
    }

    private static Optional<String> product(ComputeDevice device) {
        Tensor ones = ones(device, SIZE, SIZE);
        return expect(SIZE * SIZE * SIZE, ones.matmul(ones).sum());
    }

    private static Optional<String> convolution(ComputeDevice device) {
        ProofStep step = new ProofStep(device, ScalarType.BFloat16);
        step.run();
        return compare(step);
    }

    private static Optional<String> graph(ComputeDevice device) {
        ProofStep step = new ProofStep(device, ScalarType.BFloat16);
        StringBuilder refusal = new StringBuilder();
        try (RepeatedWork work = RepeatedWork.of(device.isCuda(), step, refusal::append)) {
            for (int run = 0; run < RepeatedWork.WARM_UP + REPLAYS; run++) {
                if (run == RepeatedWork.WARM_UP) {
                    step.forget();
                }
                work.run();
            }
            if (!refusal.isEmpty()) {
                return Optional.of("fails: " + refusal);
            }
            return expect(REPLAYS, step.runs()).or(() -> compare(step));
        }
    }

    /** Compares results with those of the CPU in fp32, from the same numbers. */
    private static Optional<String> compare(ProofStep found) {
        ProofStep exact = new ProofStep(ComputeDevice.CPU, ScalarType.Float);
        exact.run();
        List<String> problems = new ArrayList<>();
        Map<String, Tensor> results = found.results();
        exact.results().forEach((name, right) -> {
            Tensor other = Objects.requireNonNull(results.get(name), name).cpu().to(ScalarType.Float);
            double off = other.sub(right).norm().item_double() / right.norm().item_double();
            if (!(off <= TOLERANCE)) { // also where it is no number
                problems.add(String.format(Locale.ROOT, "%s off by %.3g of its norm", name, off));
            }
        });
        return problems.isEmpty()
                ? Optional.empty()
                : Optional.of("differs from the CPU's: " + String.join(", ", problems));
    }

    private static Optional<String> update(ComputeDevice device) {
        Tensor value = ones(device, SIZE);
        Tensor rate = ones(device).mul(new Scalar(RATE));
        try (NativeOperator sgd = NativeOperator.find("aten::_fused_sgd_", "tensor_lr")) {
            sgd.call(
                    NativeOperator.listOf(value),
                    NativeOperator.listOf(ones(device, SIZE)),
                    NativeOperator.listOf(torch.zeros_like(value)),
                    new IValue(0.0), // weight decay
                    new IValue(MOMENTUM),
                    new IValue(rate),
                    new IValue(0.0), // dampening
                    new IValue(true), // nesterov
                    new IValue(false), // maximize
                    new IValue(false), // is_first_step
                    new IValue(), // grad_scale
                    new IValue()); // found_inf
        }
        return expect(UPDATED * SIZE, value.sum());
    }

    private static Optional<String> copy(ComputeDevice device) {
        try (CopyStream copies = new CopyStream(device);
                TransferBuffer buffer = new TransferBuffer(device, copies, BYTES)) {
            Optional<String> problem = Optional.empty();
            for (int round = 1; round <= REPLAYS && problem.isEmpty(); round++) {
                buffer.awaitSent();
                buffer.host().fill_(new Scalar(round));
                buffer.send(BYTES);
                problem = expect((double) round * BYTES, buffer.receive(BYTES, Tensor::sum));
            }
            return problem;
        }
    }

    private static Tensor ones(ComputeDevice device, long... shape) {
        return torch.ones(shape, new TensorOptions().device(new DeviceOptional(device.toTorch())));
    }

    private static Optional<String> expect(double wanted, Tensor found) {
        double value = found.to(ScalarType.Double).item_double();
        return Math.abs(value - wanted) <= TOLERANCE * wanted
                ? Optional.empty()
                : Optional.of("gave " + value + " instead of " + wanted);
    }
}
