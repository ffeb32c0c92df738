package dynafilter.train;

/**
 * The data that a trained network was evaluated on, as documents state it.
 *
 * @param name the name of the data set
 * @param sha256 the SHA-256 of the data set, in hex
 * @param evaluated the role of the images, such as "test images"
 */
public record TestedData(String name, String sha256, String evaluated) {}
