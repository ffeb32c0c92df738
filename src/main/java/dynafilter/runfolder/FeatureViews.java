package dynafilter.runfolder;

import dynafilter.io.InputException;
import dynafilter.model.Freeze;

/** The rules for the number of views whose features a run keeps. */
final class FeatureViews {
    private FeatureViews() {}

    /**
     * Sees that there are so many views, and that their features stay as they are.
     *
     * @throws InputException where it is not so
     */
    static void require(int views, Augmentation augmentation, Freeze freeze) {
        if (views > 0 && freeze != Freeze.ALL) {
            throw new InputException("--feature-views " + views + " with --freeze " + freeze
                    + ": only the features of a frozen backbone stay as they are; add --freeze all, or leave"
                    + " --feature-views out");
        }
        if (views > 1 && !augmentation.augment()) {
            throw new InputException("--feature-views " + views
                    + " with --no-augment: an image has one view then; leave --feature-views out, or give 1");
        }
        if (views > 0 && augmentation.mixes()) {
            throw new InputException("--feature-views " + views + " with --"
                    + (augmentation.mixup() > 0 ? "mixup" : "cutmix")
                    + ": images are mixed anew in every batch, and no features of them can be kept; leave"
                    + " --feature-views out, or give 0");
        }
    }
}
