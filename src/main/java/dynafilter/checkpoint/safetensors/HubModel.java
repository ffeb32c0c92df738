package dynafilter.checkpoint.safetensors;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.Calibration;
import dynafilter.model.NetworkShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The document {@code config.json} of a network on the hub, as timm 1.0.29 writes it ({@code timm/models/_hub.py},
 * {@code save_config_for_hf}) and reads it ({@code load_model_config_from_hf}, {@code load_model_config_from_path}). What stands under
 * {@code pretrained_cfg} becomes the arguments of timm's {@code PretrainedCfg}, which takes no others.
 *
 * @param architecture the name under which a program registers the network for timm
 * @param numFeatures the channels of the feature map
 * @param labelNames null: the classes have no names
 * @param modelArgs the arguments with which the network is built
 * @param calibration what makes probabilities of the scores, which timm passes over; null: the network has none
 */
record HubModel(
        String architecture,
        int numClasses,
        int numFeatures,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> labelNames,
        Map<String, Object> modelArgs,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Calibration calibration,

        Pretrained pretrainedCfg) {
    /** The name that says which network this is; timm has none of its own for it. */
    static final String ARCHITECTURE = "dynafilter";

    /**
     * What a program has to do with images.
     *
     * @param inputSize channels, height and width
     * @param fixedInputSize true: the network takes no other size; false: it does
     * @param cropPct the share of the scaled image's side that the crop takes: all of it
     * @param poolSize null: no layer pools the feature map as a whole
     */
    record Pretrained(
            List<Integer> inputSize,
            boolean fixedInputSize,
            String interpolation,
            double cropPct,
            String cropMode,
            List<Double> mean,
            List<Double> std,
            int numClasses,
            @Nullable List<Integer> poolSize,
            String firstConv,
            String classifier) {}

    static HubModel of(TrainedNetwork trained) {
        NetworkShape shape = trained.network().shape();
        Map<String, Object> arguments = new LinkedHashMap<>();
        arguments.put("filters", shape.design().kind().toString());
        arguments.put("filter_heads", shape.design().heads());
        arguments.put("filter_size", shape.design().size());
        arguments.put("adapter", shape.adapter());
        arguments.put("image_size", shape.imageSize());
        return new HubModel(
                ARCHITECTURE,
                shape.classes(),
                shape.channels(),
                trained.hasNames() ? new ArrayList<>(trained.classes()) : null,
                arguments,
                trained.calibration().equals(Calibration.NONE) ? null : trained.calibration(),
                new Pretrained(
                        List.of(3, shape.imageSize(), shape.imageSize()),
                        true,
                        "bilinear",
                        1.0,
                        "center",
                        trained.statistics().mean(),
                        trained.statistics().std(),
                        shape.classes(),
                        null,
                        "backbone.conv1",
                        "predictor.2"));
    }
}
