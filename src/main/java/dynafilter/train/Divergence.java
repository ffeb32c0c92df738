package dynafilter.train;

/** The loss or a parameter is no longer a finite number: the run cannot go on from here. */
public final class Divergence extends RuntimeException {
    Divergence(String message) {
        super(message);
    }
}
