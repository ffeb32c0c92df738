package dynafilter.data.folder;

import java.io.IOException;

/** Tells that a picture has more pixels, by its header, than are decoded; the message says how many, without the file's name. */
public final class TooManyPixels extends IOException {
    private static final long serialVersionUID = 1;

    TooManyPixels(String message) {
        super(message);
    }
}
