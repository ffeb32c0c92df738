package dynafilter.train;

/**
 * The data that a trained network was judged on, as documents tell it.
 *
 * @param name of the data set
 * @param sha256 of the data set
 * @param evaluated which of its images, in words
 */
public record TestedData(String name, String sha256, String evaluated) {}
