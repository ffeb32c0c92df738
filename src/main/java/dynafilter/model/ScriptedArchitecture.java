package dynafilter.model;

import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.ScriptModule;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** The architecture of a TorchScript module: any network that makes a feature map [N, C, H, W] of images [N, 3, h, w]. */
public final class ScriptedArchitecture implements BackboneArchitecture, AutoCloseable {
    private final ScriptModule program; // its tensors are placeholders of the right shapes
    private final ComputeDevice device;
    private final String description;
    private final String sha256;
    private final NativeOwner owner;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Set<String> parameters = new LinkedHashSet<>();

    /**
     * @param module without its weights (see {@link #strip}), on {@code device}; closed with this
     * @param sha256 the SHA-256, in hex, of the module's file
     */
    public ScriptedArchitecture(ScriptModule module, ComputeDevice device, String description, String sha256) {
        this.device = device;
        this.description = description;
        this.sha256 = sha256;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            program = building.keep(module);
            module.parameters().keySet().forEach(name -> parameters.add(PREFIX + name));
            module.tensors().forEach((name, tensor) -> shapes.put(PREFIX + name, tensor.shape()));
            owner = building.handOver();
        }
    }

    /** Removes the weights from a module: each tensor becomes one zero, expanded to its shape. */
    public static void strip(ScriptModule module) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            module.tensors()
                    .forEach((name, tensor) -> module.set(
                            name, tensor.detach().new_zeros(new long[0]).expand(tensor.shape())));
        }
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Optional<String> programSha256() {
        return Optional.of(sha256);
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public boolean isParameter(String name) {
        return parameters.contains(name);
    }

    @Override
    public boolean isCastByAutocast(String name) {
        return false; // who reads it is not known: autocast casts where it is read
    }

    @Override
    public long[] featureShape(int imageHeight, int imageWidth) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            TensorOptions options = new TensorOptions().device(new DeviceOptional(device.toTorch()));
            Tensor images = torch.zeros(new long[] {1, 3, imageHeight, imageWidth}, options);
            long[] shape = program.call("forward", images).toTensor().shape();
            return new long[] {shape[1], shape[2], shape[3]};
        }
    }

    @Override
    public Backbone bind(Map<String, Tensor> state, boolean frozen, WorkerGroup group) {
        if (group.size() > 1 && !frozen) {
            throw new InputException("--sync-batchnorm does not reach into " + description
                    + ": a TorchScript network's BatchNorm is its own; leave the option out, or use --freeze all");
        }
        return scripted(state, frozen);
    }

    private ScriptedBackbone scripted(Map<String, Tensor> state, boolean frozen) {
        return new ScriptedBackbone(program.copy(), state, shapes.keySet(), frozen);
    }

    @Override
    public ScriptModule toTorchScript(Map<String, Tensor> state) {
        return scripted(state, true).module();
    }

    @Override
    public void close() {
        owner.close();
    }
}
