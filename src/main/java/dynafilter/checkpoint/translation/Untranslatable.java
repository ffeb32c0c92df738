package dynafilter.checkpoint.translation;

import dynafilter.io.InputException;

/** Something in a TorchScript graph that has no translation; the message names it, as in "aten::layer_norm". */
public final class Untranslatable extends RuntimeException {
    /** @param what the operator, and what about it */
    public Untranslatable(String what) {
        super(what);
    }

    /**
     * The same for people.
     *
     * @param format of the export
     * @param backbone whose program it is
     */
    public InputException refusal(String format, String backbone) {
        return new InputException(
                "--format " + format + " has no translation of " + getMessage() + ", which " + backbone
                        + " uses; export TorchScript, or train on a backbone without it",
                this);
    }
}
