package dynafilter.api;

/**
 * A filter of a label, which a picture's feature map is convolved with.
 *
 * @param label the label's name; of a network whose labels share their filters it is empty
 * @param head which of the label's filters, from 0; most networks have one a label
 * @param values of length one (L2 norm), a number for each channel and place of the filter: [C * k * k]
 */
@SuppressWarnings("ArrayRecordComponent") // handed out as it is; compared by nobody
public record LabelFilter(String label, int head, float[] values) {}
