package dynafilter.checkpoint;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import dynafilter.model.NetworkShape;
import java.util.List;
import java.util.Map;

/**
 * An exported file's description of its network, which in every format is the same but for the format's name.
 *
 * @param format the name of the format and its version, such as {@link ScriptMetadata#FORMAT}
 * @param input the form of the images that the network takes
 * @param imageSize the height and width of the images
 * @param mean the mean of the pixels by channel, which normalisation subtracts
 * @param std the standard deviation of the pixels by channel, by which normalisation divides
 * @param featureMap the channels, height and width of the feature map
 * @param training the entries of {@link TrainedNetwork#training}, which in JSON stand beside the others
 */
public record ExportMetadata(
        String format,
        List<String> classes,
        String input,
        List<Integer> imageSize,
        List<Double> mean,
        List<Double> std,
        String filters,
        int filterHeads,
        boolean bakedFilters,
        boolean adapter,
        String backbone,
        List<Integer> featureMap,
        @JsonAnyGetter Map<String, Object> training,
        ExportVersions versions) {
    /**
     * The description of a network.
     *
     * @throws dynafilter.io.InputException where it has no parts to take, as TorchScript has not
     */
    public static ExportMetadata of(
            String format, TrainedNetwork trained, ExportSettings settings, ExportVersions versions) {
        NetworkShape shape = trained.network().shape();
        return new ExportMetadata(
                format,
                trained.classes(),
                settings.input().toString(),
                List.of(shape.imageSize(), shape.imageSize()),
                trained.statistics().mean(),
                trained.statistics().std(),
                shape.design().kind().toString(),
                shape.design().heads(),
                settings.bakedFilters() && shape.design().isConstant(),
                shape.adapter(),
                shape.backbone().description(),
                List.of(shape.channels(), shape.mapHeight(), shape.mapWidth()),
                trained.training(),
                versions);
    }
}
