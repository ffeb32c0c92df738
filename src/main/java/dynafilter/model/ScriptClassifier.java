package dynafilter.model;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.Normalization;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ScriptModule;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The classifier of a TorchScript module that is a whole network, run as it is. */
public final class ScriptClassifier implements Classifier {
    private final ScriptModule module;
    private final int heads;
    private final @Nullable Normalization normalization; // null where the module takes pixels

    /**
     * @param module the module, which the caller keeps open as long as this is
     * @param takesPixels true: its inputs are uint8 pixels; false: they are normalised images
     * @param heads the number of response maps of a label
     * @param statistics those that normalised images are normalised by
     */
    public ScriptClassifier(
            ScriptModule module, boolean takesPixels, int heads, ChannelStatistics statistics, ComputeDevice device) {
        this.module = module;
        this.heads = heads;
        normalization = takesPixels ? null : new Normalization(statistics, device);
    }

    @Override
    public Tensor scores(Tensor pixels) {
        return module.call("forward", input(pixels)).toTensor();
    }

    /** What the module takes of pixels [N, 3, H, W]: these, or normalised images. */
    public Tensor input(Tensor pixels) {
        return ChannelsLast.of(normalization == null ? pixels : normalization.apply(pixels));
    }

    /** @throws InputException where the module has no such method: then it was not exported by this program */
    @Override
    public Tensor responseMaps(Tensor pixels) {
        require("response_maps");
        return module.call("response_maps", input(pixels)).toTensor();
    }

    /** @throws InputException where the module has no such method: then it was not exported by this program */
    @Override
    public Tensor filters(Tensor pixels) {
        if (module.hasMethod("filters_of")) {
            return module.call("filters_of", input(pixels)).toTensor();
        }
        require("filters");
        return module.call("filters").toTensor().flatten(1, -1).unsqueeze(0);
    }

    @Override
    public int heads() {
        return heads;
    }

    private void require(String method) {
        if (!module.hasMethod(method)) {
            throw new InputException("the TorchScript network has no method " + method
                    + "; give a checkpoint, or a file that `dynafilter export` wrote");
        }
    }

    @Override
    public void close() {
        if (normalization != null) {
            normalization.close();
        }
    }
}
