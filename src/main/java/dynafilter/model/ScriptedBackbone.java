package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.ScriptModule;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A backbone that runs a TorchScript module as it is, on the tensors of a state dict. */
final class ScriptedBackbone implements Backbone {
    private final ScriptModule module;
    private final boolean frozen;
    private final NativeOwner owner;
    private boolean trains;

    /** @param module a module for this backbone alone, closed with it */
    ScriptedBackbone(ScriptModule module, Map<String, Tensor> state, Iterable<String> names, boolean frozen) {
        this.frozen = frozen;
        try (NativeOwner building = new NativeOwner()) {
            this.module = building.keep(module);
            for (String name : names) {
                module.set(name.substring(BackboneArchitecture.PREFIX.length()), StateDict.tensor(state, name));
            }
            module.train(false);
            owner = building.handOver();
        }
    }

    @Override
    public Tensor forward(Tensor images, boolean training) {
        boolean train = training && !frozen;
        if (train != trains) {
            module.train(train);
            trains = train;
        }
        return module.call("forward", ChannelsLast.of(images)).toTensor();
    }

    ScriptModule module() {
        return module;
    }

    @Override
    public void close() {
        owner.close();
    }
}
