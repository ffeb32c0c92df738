package dynafilter.serve;

import java.util.List;

/** The network behind the server. One thread at a time scores. */
interface Scorer extends AutoCloseable {
    /** What clients may know of the network. */
    ModelFacts facts();

    /**
     * Scores pictures as one batch.
     *
     * @param pictures at least one, all of one kind
     * @param maps for each picture, true: its response maps are wanted; false: they are not
     * @return the predictions in the order of the pictures
     */
    List<Prediction> score(List<? extends Picture> pictures, boolean[] maps);

    @Override
    void close();
}
