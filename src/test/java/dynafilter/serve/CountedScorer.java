package dynafilter.serve;

import dynafilter.model.Calibration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * A scorer that can be made to wait, and remembers its batches. A picture's scores are the sums of its three planes, so that every
 * answer shows which picture it belongs to.
 */
final class CountedScorer implements Scorer {
    static final int SIZE = 4;
    static final List<String> LABELS = List.of("crimson", "green", "blue");

    final List<Integer> batches = Collections.synchronizedList(new ArrayList<>());

    /** Each batch takes a permit. */
    final Semaphore permits = new Semaphore(Integer.MAX_VALUE / 2);

    final long millis;
    volatile Calibration calibration = Calibration.NONE; // as the server finds it when it is made
    volatile boolean closed;
    volatile boolean fails;

    CountedScorer() {
        this(0);
    }

    /** @param millis that a batch takes */
    CountedScorer(long millis) {
        this.millis = millis;
    }

    @Override
    public ModelFacts facts() {
        return new ModelFacts(LABELS, SIZE, calibration, null);
    }

    @Override
    public List<Prediction> score(List<? extends Picture> pictures, boolean[] maps) {
        batches.add(pictures.size());
        permits.acquireUninterruptibly();
        try {
            Thread.sleep(millis);
        } catch (InterruptedException nobodyDoes) {
            throw new IllegalStateException(nobodyDoes);
        }
        if (fails) {
            throw new IllegalStateException("the device has gone");
        }
        List<Prediction> predictions = new ArrayList<>();
        for (Picture picture : pictures) {
            float[] sums = new float[3];
            for (int i = 0; i < 3 * SIZE * SIZE; i++) {
                sums[i / (SIZE * SIZE)] += picture instanceof Picture.Pixels pixels
                        ? pixels.planes()[i] & 0xff
                        : ((Picture.Normalised) picture).planes()[i];
            }
            predictions.add(new Prediction(sums, null));
        }
        return predictions;
    }

    @Override
    public void close() {
        closed = true;
    }
}
