package dynafilter.cli;

import dynafilter.model.Views;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The option {@code --tta}: test-time augmentation. */
final class ViewsOption {
    private static final String NAME = "tta";

    private ViewsOption() {}

    static Option option() {
        return CommonOptions.valued(
                NAME,
                "VIEWS",
                "average the scores of an image and its mirror image (mirror), and of both shifted by a pixel (shifts) ["
                        + Views.NONE + "]");
    }

    /** @throws dynafilter.io.InputException for a value that names no views */
    static Views of(CommandLine line) {
        return Views.of(line.getOptionValue(NAME, Views.NONE.toString()));
    }
}
