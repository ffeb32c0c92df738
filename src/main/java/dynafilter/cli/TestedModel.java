package dynafilter.cli;

import dynafilter.audit.AuditedImages;
import dynafilter.audit.AuditedImages.Part;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.Views;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runfolder.ZeroShot;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluator;
import dynafilter.train.HeldOut;
import dynafilter.train.ZeroShotScores;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The scores of a trained network on the test images of a data set. The tensors belong to the scope in which it was tested.
 *
 * @param classes the names of the labels, in the order of the scores
 * @param scores float32 [N, classes]
 * @param labels the true label of each image: int64 [N]
 * @param evaluated the images, in words
 * @param zeroShot the accuracies on labels that training held out; null: there are none in the data set
 * @param images the images, in the order of the scores; closed with this
 */
record TestedModel(
        List<String> classes,
        Tensor scores,
        Tensor labels,
        String evaluated,
        @Nullable ZeroShot zeroShot,
        AuditedImages images)
        implements AutoCloseable {
    /**
     * The settings of a test.
     *
     * @param limit the number of images to keep, the first ones, of labels that training held out likewise; 0: all
     */
    record Settings(int limit, DataMemory memory, Views views, Precision precision) {
        /** Tests a network: with the labels that training held out behind its own, where the data set is parted. */
        TestedModel test(TrainedNetwork trained, LabelSplit data, Session session) {
            Evaluator evaluator = new Evaluator(precision, session.device());
            try (HeldOut heldOut = HeldOut.of(data.seen(), trained.training(), limit);
                    DeviceImages images = heldOut.onDevice(session.device(), memory)) {
                if (data.unseen() != null) {
                    return zeroShot(trained, data.seen(), data.unseen(), heldOut, images, evaluator, session);
                }
                tell(data.seen(), heldOut.size() + " " + heldOut.name());
                return new TestedModel(
                        data.seen().classes(),
                        evaluator.scores(views.of(trained.classifier()), images),
                        images.labels().clone(),
                        heldOut.name(),
                        null,
                        new AuditedImages(List.of(new Part(heldOut.name(), heldOut.images()))));
            }
        }

        private TestedModel zeroShot(
                TrainedNetwork trained,
                DataSet seen,
                ImageSet unseen,
                HeldOut heldOut,
                DeviceImages images,
                Evaluator evaluator,
                Session session) {
            try (TrainedNetwork all = trained.withUnseen();
                    ImageSet some = unseen.limit(limit == 0 ? unseen.size() : limit);
                    DeviceImages further = new DeviceImages(some, session.device(), false)) {
                String both = heldOut.name() + ", and " + some.size() + " of labels that training held out";
                tell(seen, images.size() + " " + both);
                ZeroShotScores scores = ZeroShotScores.of(
                        evaluator,
                        views.of(all.classifier()),
                        all.classes(),
                        new ZeroShotScores.Named(images, seen.classes()),
                        new ZeroShotScores.Named(further, unseen.classes()));
                return new TestedModel(
                        all.classes(),
                        scores.scores(),
                        scores.truth(),
                        both,
                        scores.accuracies(all.unseen().orElseThrow().areAmong(all.classes())),
                        new AuditedImages(List.of(
                                new Part(heldOut.name(), heldOut.images()),
                                new Part("held-out labels", some.limit(some.size())))));
            }
        }

        private static void tell(DataSet set, String images) {
            Logging.log().info("data       {}: {}", set.name(), images);
        }
    }

    @Override
    public void close() {
        images.close();
    }
}
