package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.folder.DecodedFile;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.report.figure.ConfidentImage;
import dynafilter.report.figure.Filters;
import dynafilter.report.figure.ResponseMaps;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluator;
import dynafilter.train.HeldOut;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * The computation of response maps: the network with its precision and device.
 *
 * @param filters true: of filters, too; false: of response maps alone
 */
record MapsWork(Path model, TrainedNetwork trained, Precision precision, Session session, boolean filters) {
    /** @param filters null: they are not drawn */
    record Shown(List<ResponseMaps> maps, @Nullable Filters filters) {}

    /** @param indices of the images; none: the program chooses one */
    Shown ofTestSet(CommandLine line, long[] indices) {
        try (DataSet set = ModelData.open(line, model, trained);
                HeldOut heldOut = HeldOut.of(set, trained.training(), 0);
                ImageSet test = heldOut.images()) {
            for (long index : indices) {
                if (index < 0 || index >= test.size()) {
                    throw new InputException(
                            "--index " + index + ": " + test.name() + " has the images 0 to " + (test.size() - 1));
                }
            }
            long[] shown = indices.length > 0 ? indices : new long[] {choose(test)};
            try (PointerScope scope = new PointerScope()) {
                return shown(set.classes(), ResponseMaps.inputs(test, shown));
            }
        }
    }

    private long choose(ImageSet test) {
        ConfidentImage image = ConfidentImage.in(
                test, trained.classifier(), new Evaluator(precision, session.device()), session.device());
        if (!image.isRight()) {
            Logging.log().warn("no image of {} is labelled correctly; this is the surest mistake", test.name());
        }
        return image.index();
    }

    Shown ofFiles(CommandLine line, List<Path> files, List<ImageArguments.Skipped> skipped) {
        List<DecodedFile> loaded = ImageArguments.load(files, DataOption.reading(line, trained.imageSize()), skipped);
        if (loaded.isEmpty()) {
            throw new InputException("none of the files is an image that can be read; give PNG or JPEG files");
        }
        List<ResponseMaps.Input> images = loaded.stream()
                .map(file -> new ResponseMaps.Input(FileNames.shown(file.file().getFileName()), file.image(), null))
                .toList();
        try {
            return shown(trained.classes(), images);
        } finally {
            loaded.forEach(file -> file.image().close());
        }
    }

    private Shown shown(List<String> classes, List<ResponseMaps.Input> images) {
        try (Precision.Region autocast = precision.autocast(session.device().type())) {
            double temperature = trained.calibration().temperature();
            return new Shown(
                    ResponseMaps.of(trained.classifier(), session.device(), classes, images).stream()
                            .map(maps -> maps.at(temperature))
                            .toList(),
                    filters
                            ? Filters.of(
                                    trained.classifier(),
                                    session.device(),
                                    classes,
                                    images.stream()
                                            .map(ResponseMaps.Input::pixels)
                                            .toList())
                            : null);
        }
    }
}
