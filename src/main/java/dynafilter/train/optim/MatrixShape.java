package dynafilter.train.optim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A parameter as a matrix. A convolution is one of [outputs, inputs * height * width]; it lies channels-last, so that its columns
 * have another order than the tensor's, which makes no difference: making rows orthogonal and changing the order of columns commute.
 *
 * @param offset the place in the groups' slice of the flat buffers where the matrix starts
 */
record MatrixShape(long offset, long rows, long columns) {
    static MatrixShape of(FlatParameters parameters, String name, long start) {
        Tensor matrix = parameters.view(parameters.values(), name);
        long rows = matrix.size(0);
        return new MatrixShape(parameters.offset(name) - start, rows, matrix.numel() / rows);
    }

    /** True: the matrix has more rows than columns, and is transposed in its batch; false: it is not. */
    boolean isTall() {
        return rows > columns;
    }

    long smaller() {
        return Math.min(rows, columns);
    }

    long larger() {
        return Math.max(rows, columns);
    }

    /** The place behind the matrix. */
    long end() {
        return offset + rows * columns;
    }

    /** What the rate is multiplied by, as torch.optim.Muon does by default. */
    double step() {
        return -Math.sqrt(Math.max(1, (double) rows / columns));
    }

    static boolean areSame(List<MatrixShape> batch) {
        return batch.stream().map(MatrixShape::sides).distinct().count() == 1;
    }

    private List<Long> sides() {
        return List.of(rows, columns);
    }

    /**
     * Divides matrices into batches, each of neighbours in the flat buffers: those of one shape, and then those of several, as long
     * as the products of zeros cost less than a batch.
     *
     * @param launches what a batch costs beside its products, in FLOPs
     */
    static List<List<MatrixShape>> batches(List<MatrixShape> matrices, double launches) {
        List<List<MatrixShape>> batches = new ArrayList<>();
        for (MatrixShape matrix : matrices.stream()
                .sorted(Comparator.comparingLong(MatrixShape::offset))
                .toList()) {
            List<MatrixShape> last = batches.isEmpty() ? List.of() : batches.get(batches.size() - 1);
            if (!last.isEmpty() && last.get(0).sides().equals(matrix.sides())) {
                last.add(matrix);
            } else {
                batches.add(new ArrayList<>(List.of(matrix)));
            }
        }
        while (batches.size() > 1) {
            int cheapest = 0;
            for (int i = 1; i < batches.size() - 1; i++) {
                if (padding(batches, i) < padding(batches, cheapest)) {
                    cheapest = i;
                }
            }
            if (padding(batches, cheapest) >= launches) {
                break;
            }
            batches.get(cheapest).addAll(batches.remove(cheapest + 1));
        }
        return batches;
    }

    /** The FLOPs that it takes more to have a batch and the next as one. */
    private static double padding(List<List<MatrixShape>> batches, int first) {
        List<MatrixShape> both = new ArrayList<>(batches.get(first));
        both.addAll(batches.get(first + 1));
        return flops(both) - flops(batches.get(first)) - flops(batches.get(first + 1));
    }

    private static double flops(List<MatrixShape> batch) {
        double rows = rowsOf(batch);
        return HiddenMatrices.STEPS * batch.size() * (4 * rows * rows * columnsOf(batch) + 2 * rows * rows * rows);
    }

    /** The rows of a batch of these. */
    static long rowsOf(List<MatrixShape> batch) {
        return batch.stream().mapToLong(MatrixShape::smaller).max().orElseThrow();
    }

    /** The columns of a batch of these. */
    static long columnsOf(List<MatrixShape> batch) {
        return batch.stream().mapToLong(MatrixShape::larger).max().orElseThrow();
    }
}
