package dynafilter.audit;

/**
 * An image whose label is likely wrong.
 *
 * @param image its number among the images
 * @param label that it has
 * @param suggested the label that its scores speak for
 * @param score of its label, an estimate of the probability
 * @param suggestedScore of the suggested label
 */
public record LabelIssue(int image, int label, int suggested, double score, double suggestedScore) {
    /** By how much the suggested label's score is higher. */
    public double margin() {
        return suggestedScore - score;
    }
}
