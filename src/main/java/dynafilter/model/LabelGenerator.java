package dynafilter.model;

import org.bytedeco.pytorch.Tensor;

/** A source that makes filters of labels' embeddings, and so of those of labels that the network was not trained on. */
interface LabelGenerator {
    /**
     * The filters of any labels, differentiable with respect to their embeddings.
     *
     * @param embeddings [M, E], one row for each label
     */
    LabelFilters filtersOf(Tensor embeddings);
}
