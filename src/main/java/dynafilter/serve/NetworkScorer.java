package dynafilter.serve;

import dynafilter.io.InputException;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import dynafilter.run.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The loaded network that {@code predict} and {@code dynafilter.api} stand on, too: they give pixels the same scores. */
final class NetworkScorer implements Scorer {
    private final LoadedModel model;
    private final ModelFacts facts;

    /**
     * @param model closed with this
     * @param rejects true: the network's threshold holds, where it has one; false: every picture gets a label
     */
    NetworkScorer(LoadedModel model, boolean rejects) {
        this.model = model;
        Calibration own = model.calibration();
        facts = new ModelFacts(model.labels(), model.imageSize(), rejects ? own : own.withThreshold(0), mapShape());
    }

    /** The shape of the response maps, by a black picture's; null where the network's file does not give them. */
    private ModelFacts.@Nullable MapShape mapShape() {
        int size = model.imageSize();
        try {
            LoadedModel.Values maps = model.responseMaps(new byte[3 * size * size]);
            long[] shape = maps.shape(); // [K * heads, h, w]
            return new ModelFacts.MapShape(
                    Math.toIntExact(shape[0]), maps.heads(), Math.toIntExact(shape[1]), Math.toIntExact(shape[2]));
        } catch (InputException notGiven) {
            return null;
        }
    }

    @Override
    public ModelFacts facts() {
        return facts;
    }

    @Override
    public List<Prediction> score(List<? extends Picture> pictures, boolean[] maps) {
        List<Scores> scores = scores(pictures);
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i < maps.length; i++) {
            boolean mapped = maps[i] && pictures.get(i) instanceof Picture.Pixels;
            float[] values = mapped ? maps(((Picture.Pixels) pictures.get(i)).planes()) : null;
            predictions.add(new Prediction(scores.get(i).logits(), values));
        }
        return predictions;
    }

    private List<Scores> scores(List<? extends Picture> pictures) {
        if (pictures.get(0) instanceof Picture.Pixels) {
            return model.scores(pictures.stream()
                    .map(picture -> ((Picture.Pixels) picture).planes())
                    .toList());
        }
        return model.scoresOfNormalised(pictures.stream()
                .map(picture -> ((Picture.Normalised) picture).planes())
                .toList());
    }

    /** [K * heads, h, w]. */
    private float[] maps(byte[] planes) {
        List<LoadedModel.Row> rows = model.responseMaps(planes).rows();
        int length = rows.get(0).values().length;
        float[] all = new float[rows.size() * length];
        for (int row = 0; row < rows.size(); row++) {
            System.arraycopy(rows.get(row).values(), 0, all, row * length, length);
        }
        return all;
    }

    @Override
    public void close() {
        model.close();
    }
}
