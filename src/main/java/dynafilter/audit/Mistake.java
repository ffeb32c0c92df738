package dynafilter.audit;

/**
 * An image that a network labels wrongly.
 *
 * @param image its number among the images
 * @param label its true label
 * @param predicted the label of the highest score
 * @param labelProbability the probability (softmax) of the true label
 * @param predictedProbability the probability of the predicted label
 * @param rank the place of the true label among the scores, 2 where only the predicted one is higher
 * @param margin the score of the predicted label less that of the true one, before softmax: the logarithm of the quotient of their
 *     probabilities
 */
public record Mistake(
        int image,
        int label,
        int predicted,
        double labelProbability,
        double predictedProbability,
        int rank,
        double margin) {}
