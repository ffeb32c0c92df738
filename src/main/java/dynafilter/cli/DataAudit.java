package dynafilter.cli;

import dynafilter.audit.Audit;
import dynafilter.audit.AuditDocument;
import dynafilter.audit.AuditedImages;
import dynafilter.audit.Duplicates;
import dynafilter.audit.Duplicates.Group;
import dynafilter.audit.LabelCheck;
import dynafilter.audit.LabelIssues;
import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.folder.FileFinding;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.model.Views;
import dynafilter.report.page.AuditPage;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.run.Terminal;
import dynafilter.run.Version;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.jspecify.annotations.Nullable;

/** The action {@code data audit}: looks through a data set for what is broken, odd, there twice or labelled wrongly. */
final class DataAudit {
    private static final String MODEL = "model";
    private static final String BACKBONE = "backbone";
    private static final String CUT = "cut";
    private static final String SIMILARITY = "similarity";

    /** The names of the options that no other action has. */
    static final List<String> OPTIONS = List.of(MODEL, BACKBONE, CUT, SIMILARITY);

    private final CommandLine line;
    private final String data;
    private final Terminal terminal;
    private final double similarity;
    private final @Nullable Path model;

    /** Labels that are likely wrong, with the images that they are of; or why they were not looked for. */
    private record Doubts(@Nullable LabelIssues issues, AuditedImages images, String missing) {}

    private DataAudit(CommandLine line, String data, Terminal terminal) {
        this.line = line;
        this.data = data;
        this.terminal = terminal;
        model = line.hasOption(MODEL) ? ModelOption.file(line) : null;
        similarity = similarity(line);
        if (model != null && line.hasOption(BACKBONE)) {
            throw new InputException("--model and --backbone are two sources of scores; give one of them");
        }
        if (model != null && line.hasOption(CUT)) {
            throw new InputException("--cut is of a --backbone; a --model is taken whole: leave --cut out");
        }
    }

    static void addOptions(Options options) {
        options.addOption(CommonOptions.valued(
                        BACKBONE,
                        "FILE|NAME",
                        "audit: doubt labels by a linear model of its features, cross-validated: a file, imagenet or random ["
                                + BackboneSource.IMAGENET + "]"))
                .addOption(CommonOptions.valued(
                        CUT,
                        "LAYER",
                        "audit: the last layer taken of the backbone's file ["
                                + Recipe.DEFAULT.network().cut() + "]"))
                .addOption(CommonOptions.valued(
                        MODEL,
                        "FILE",
                        "audit: doubt labels by this trained network instead, of images it was not trained on"))
                .addOption(CommonOptions.valued(
                        SIMILARITY,
                        "S",
                        "audit: images count as duplicates from this correlation of their details on ["
                                + Duplicates.ALIKE + "]"));
    }

    private static double similarity(CommandLine line) {
        Double given = CommonOptions.positive(line, SIMILARITY);
        if (given != null && given >= 1) {
            throw new InputException("--" + SIMILARITY + " " + given + ": must be below 1");
        }
        return given == null ? Duplicates.ALIKE : given;
    }

    /** Audits a data set: done where it could be read, whatever is found. */
    static int run(CommandLine line, String data, Terminal terminal, JsonOutput json) {
        Path out = CommonOptions.output(line, DataCommand.OUT);
        if (out != null) {
            if (!PageOutput.isNamedSo(out)) {
                throw new InputException(
                        "--" + DataCommand.OUT + " " + out + ": it is an HTML page; name the file .html");
            }
            PageOutput.requireReplaceable(out, DataCommand.OUT);
        }
        new DataAudit(line, data, terminal).run(out, json);
        return ExitCode.DONE;
    }

    private void run(@Nullable Path out, JsonOutput json) {
        int imageSize = DataOption.imageSize(line);
        Session session = Session.open(CommonOptions.device(line), null);
        if (model == null) {
            DataOptions options = options(imageSize);
            try (DataSet set = DataSource.open(data, options);
                    Features features = features(imageSize, session)) {
                write(
                        audited(set, options, session, (images, same) -> doubts(images, same, set, features, session)),
                        out,
                        json);
            }
            return;
        }
        try (PointerScope scope = new PointerScope();
                TrainedNetwork trained = TrainedNetwork.read(model, session.device())) {
            if (line.hasOption(DataOption.IMAGE_SIZE) && trained.imageSize() != imageSize) {
                throw new InputException("--image-size " + imageSize + ": the network in " + model + " takes images of "
                        + trained.imageSize() + " pixels; leave the option out");
            }
            session.allowInstructions(trained, Precision.FP32);
            DataOptions options = options(trained.imageSize());
            try (DataSet set = ModelData.ofNetwork(DataSource.open(data, options), model, trained)) {
                write(audited(set, options, session, (images, same) -> ofModel(trained, set, session)), out, json);
            }
        }
    }

    private DataOptions options(int imageSize) {
        return DataOption.of(!line.hasOption(DataOption.NO_EXIF), true, imageSize, terminal);
    }

    /** What was found in a data set, and why labels were not looked at; empty where they were. */
    private record Finding(Audit audit, String missing) {}

    private Finding audited(
            DataSet set, DataOptions options, Session session, BiFunction<AuditedImages, List<Group>, Doubts> doubter) {
        terminal.clear();
        AuditedImages images = AuditedImages.of(set);
        List<FileFinding> files = new ArrayList<>(DataSource.oddFiles(data, options));
        files.addAll(Audit.oneColoured(images));
        files.sort(Comparator.comparing(FileFinding::kind));
        List<Group> duplicates = Duplicates.find(images, similarity, session.device(), this::show);
        terminal.clear();
        Doubts doubts = doubter.apply(images, duplicates);
        terminal.clear();
        return new Finding(
                new Audit(
                        set.name(),
                        set.sha256(),
                        set.classes(),
                        images,
                        files,
                        duplicates,
                        doubts.issues,
                        doubts.images),
                doubts.missing);
    }

    private static void write(Finding finding, @Nullable Path out, JsonOutput json) {
        try (AuditedImages labelled = finding.audit.labelled()) {
            System.out.println(new AuditText(finding.audit, finding.missing));
            json.write(AuditDocument.of(finding.audit));
            if (out != null) {
                AuditPage page = new AuditPage(finding.audit, finding.missing, "dynafilter " + Version.ofProgram());
                PageOutput.write(out, page.html());
            }
        }
    }

    private synchronized void show(String what, double share) {
        terminal.show(share, what);
    }

    /** The backbone whose features labels are looked at with, or why there is none. */
    private record Features(@Nullable PretrainedBackbone backbone, String missing) implements AutoCloseable {
        @Override
        public void close() {
            if (backbone != null) {
                backbone.close();
            }
        }
    }

    /** Loads the backbone, before the work; where the usual one cannot be had, labels are not looked at. */
    private Features features(int imageSize, Session session) {
        String name = line.getOptionValue(BACKBONE, BackboneSource.IMAGENET);
        String cut = line.getOptionValue(CUT, Recipe.DEFAULT.network().cut());
        try {
            return new Features(new BackboneSource().load(name, cut, imageSize, session.device(), terminal::bytes), "");
        } catch (InputException absent) {
            if (line.hasOption(BACKBONE)) {
                throw absent;
            }
            Logging.log().warn("labels are not looked at, for lack of a backbone; give one by --backbone FILE");
            return new Features(null, "Labels were not looked at, since " + absent.getMessage() + ".");
        } finally {
            terminal.clear();
        }
    }

    private Doubts doubts(
            AuditedImages images, List<Group> duplicates, DataSet set, Features features, Session session) {
        if (features.backbone == null) {
            return new Doubts(null, images.shared(), features.missing);
        }
        LabelIssues issues = LabelCheck.of(
                images,
                set.classes().size(),
                duplicates,
                features.backbone,
                session.device(),
                share -> show("computing features", share));
        return new Doubts(issues, images.shared(), "");
    }

    private static Doubts ofModel(TrainedNetwork trained, DataSet set, Session session) {
        TestedModel tested = new TestedModel.Settings(0, DataMemory.AUTO, Views.NONE, Precision.FP32)
                .test(trained, new LabelSplit(set, null), session);
        LabelIssues issues = LabelIssues.of(
                "the network in " + trained.file() + ", of " + tested.evaluated() + " alone",
                tested.scores()
                        .div(new Scalar(trained.calibration().temperature()))
                        .softmax(1)
                        .cpu()
                        .contiguous(),
                tested.images().labels());
        return new Doubts(issues, tested.images(), "");
    }
}
