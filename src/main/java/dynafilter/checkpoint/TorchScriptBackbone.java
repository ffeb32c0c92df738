package dynafilter.checkpoint;

import dynafilter.runtime.InputException;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.named_buffer_list;
import org.bytedeco.pytorch.named_module_list;
import org.bytedeco.pytorch.named_parameter_list;

/** A network in a TorchScript file, run layer by layer. Its tensors live as long as it is open. */
final class TorchScriptBackbone implements AutoCloseable {
    private final Path file;
    private final JitModule module;

    private TorchScriptBackbone(Path file, JitModule module) {
        this.file = file;
        this.module = module;
    }

    /** @throws InputException where libtorch cannot load the file */
    static TorchScriptBackbone load(Path file) {
        try {
            JitModule module = torch.load(
                    file.toString(), new DeviceOptional(new Device(DeviceType.CPU)), /* load_debug_files= */ false);
            module.eval();
            return new TorchScriptBackbone(file, module);
        } catch (RuntimeException failure) {
            throw new InputException(
                    "--backbone " + file + " is not a TorchScript file that libtorch "
                            + NativeRuntime.torchVersion() + " can load: " + NativeRuntime.firstLine(failure)
                            + "; export it again with scripts/export_resnet18.py",
                    failure);
        }
    }

    /** Parameters and buffers by name. */
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        named_parameter_list parameters = module.named_parameters();
        for (var it = parameters.begin(); it.notEquals(parameters.end()); it.increment()) {
            tensors.put(it.access().name().getString(), it.access().value());
        }
        named_buffer_list buffers = module.named_buffers();
        for (var it = buffers.begin(); it.notEquals(buffers.end()); it.increment()) {
            tensors.put(it.access().name().getString(), it.access().value());
        }
        return tensors;
    }

    /**
     * The output of the layer named {@code cut}: the layers before it run in order. A file without named layers (cut
     * already) runs as a whole.
     *
     * @param images [N, 3, H, W]
     */
    Tensor features(Tensor images, String cut) {
        List<String> names = new ArrayList<>();
        named_module_list children = module.named_children();
        IValue value = new IValue(images);
        for (var it = children.begin(); it.notEquals(children.end()); it.increment()) {
            names.add(it.access().name().getString());
        }
        if (!names.contains(cut)) {
            if (names.stream().allMatch(name -> name.matches("\\d+"))) {
                return module.forward(new IValueVector(value)).toTensor();
            }
            throw new InputException(
                    "--cut " + cut + ": " + file + " has no such layer; it has " + String.join(", ", names));
        }
        for (var it = children.begin(); it.notEquals(children.end()); it.increment()) {
            value = it.access().value().forward(new IValueVector(value));
            if (it.access().name().getString().equals(cut)) {
                break;
            }
        }
        return value.toTensor();
    }

    @Override
    public void close() {
        module.close();
    }
}
