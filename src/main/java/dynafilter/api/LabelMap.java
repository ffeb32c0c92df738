package dynafilter.api;

/**
 * Where in a picture a filter of a label responds.
 *
 * @param label the label's name; of a network whose labels share their maps it is empty
 * @param head which of the label's filters, from 0; most networks have one a label
 * @param height the number of rows
 * @param width the number of columns
 * @param values the responses, row by row: [height, width], rescaled as the network does it
 */
@SuppressWarnings("ArrayRecordComponent") // handed out as it is; compared by nobody
public record LabelMap(String label, int head, int height, int width, float[] values) {
    /** The response at a place. */
    public float at(int row, int column) {
        return values[row * width + column];
    }
}
