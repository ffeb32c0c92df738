package dynafilter.train;

/** Evaluations of given counts. */
public final class TestEvaluations {
    private TestEvaluations() {}

    /** The evaluation with this confusion matrix. */
    public static Evaluation of(double loss, long[][] confusion) {
        int images = 0;
        for (long[] row : confusion) {
            for (long count : row) {
                images += Math.toIntExact(count);
            }
        }
        int[] labels = new int[images];
        int[] predicted = new int[images];
        int at = 0;
        for (int label = 0; label < confusion.length; label++) {
            for (int taken = 0; taken < confusion.length; taken++) {
                for (long i = 0; i < confusion[label][taken]; i++) {
                    labels[at] = label;
                    predicted[at++] = taken;
                }
            }
        }
        return new Evaluation(loss, confusion.length, labels, predicted);
    }
}
