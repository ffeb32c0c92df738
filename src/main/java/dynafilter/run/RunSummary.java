package dynafilter.run;

import dynafilter.checkpoint.BackboneSource;
import dynafilter.data.ClassNames;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSize;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.OptimizerKind;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.ConvolutionLimit;
import dynafilter.train.FeatureMemory;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.logging.log4j.Logger;

/** The summary of a run before its first step, on the console and in {@code train.log}. */
final class RunSummary {
    private final PreparedRun run;
    private final Recipe recipe;
    private final Origin origin;
    private final Session session;
    private final WorkerGroup group;
    private final DataSet set;
    private final TrainingData data;
    private final NetworkShape shape;
    private final Trainer trainer;
    private final ParameterCounts parameters;
    private final Logger log = Logging.log();

    RunSummary(Origin origin, Session session, WorkerGroup group, PreparedRun run, ParameterCounts parameters) {
        this.run = run;
        recipe = run.recipe();
        this.origin = origin;
        this.session = session;
        this.group = group;
        this.parameters = parameters;
        set = run.set();
        data = run.data();
        shape = run.network().shape();
        trainer = run.trainer();
    }

    /** @param graph true: steps are captured as a CUDA graph; false: they are not */
    void log(RunDirectory directory, boolean graph) {
        logDevice(graph);
        logNetwork();
        if (recipe.network().freeze() == Freeze.ALL) {
            log.info("features   {}", features(directory));
        }
        log.info("recipe     {}", shortRecipe());
        Environment environment = session.environment();
        log.info(
                "versions   dynafilter {}, libtorch {}, Java {}, {}",
                environment.dynafilter(),
                environment.libtorch(),
                environment.java(),
                environment.os());
        log.info(format(
                "run        %s: %,d steps an epoch, of %,d images each",
                directory.path(), trainer.stepsPerEpoch(), trainer.imagesPerStep()));
        if (origin.file().isPresent()) {
            log.info("resumed    after epoch {}, at step {}", trainer.epoch(), trainer.step());
        }
        log.debug("recipe in full: {}", Recipes.toMap(recipe));
        log.debug("data sha256: {}", set.sha256());
    }

    private void logDevice(boolean graph) {
        log.info(
                "device     {}, {}, {}{}{} ({})",
                session.device(),
                session.threads() == 1 ? "1 thread" : session.threads() + " threads",
                recipe.computation().precision(),
                graph ? ", each step one CUDA graph" : "",
                limitOfConvolutions(),
                session.device().reason());
        if (!group.isSingle()) {
            log.info(format(
                    "processes  %d, joined by %s: %,d images of each step a process, %s",
                    group.size(),
                    session.device().isCuda() ? "NCCL" : "Gloo",
                    trainer.imagesPerStep() / group.size(),
                    recipe.computation().syncBatchnorm() ? "BatchNorm over all of them" : "BatchNorm over its own"));
        }
        session.cuda().ifPresent(cuda -> {
            log.info("cuda       {}", cuda);
            session.machine()
                    .libraries()
                    .forEach(library -> log.debug("{} {}: {}", library.soname(), library.version(), library.path()));
        });
        if (recipe.computation().deterministic()) {
            log.info("           deterministic: {}", costOfDeterminism());
        }
    }

    private void logNetwork() {
        log.info("data       {}", dataLine());
        log.info(
                "backbone   {}{}, feature map [{}, {}, {}]",
                origin.file().map(file -> "from " + file).orElseGet(this::backboneSource),
                frozen(),
                shape.channels(),
                shape.mapHeight(),
                shape.mapWidth());
        log.info(format(
                "network    %s filters%s; parameters: backbone %,d + filters %,d + predictor %,d = %,d, %,d of them trained",
                shape.design(),
                recipe.network().adapter() ? " behind an adapter" : "",
                parameters.backbone(),
                parameters.filters(),
                parameters.predictor(),
                parameters.total(),
                parameters.trained()));
        if (run.teacher() != null) {
            log.info(
                    "teacher    {}: {}; its share of the loss is {}",
                    recipe.optimization().teacher(),
                    run.teacher(),
                    Recipes.typed(recipe.optimization().teacherShare()));
        }
        if (!recipe.network().labelVectors().isEmpty() || recipe.network().freezeLabels()) {
            log.info("           labels {}", labels());
        }
    }

    /** The limit of the instructions that convolutions use, where there is one; {@code doctor} says why. */
    private String limitOfConvolutions() {
        return session.device().isCuda()
                ? ""
                : ConvolutionLimit.instructions()
                        .map(limit -> ", convolutions limited to " + limit)
                        .orElse("");
    }

    private String dataLine() {
        StringBuilder line = new StringBuilder(
                format("%s: %,d training", set.name(), data.training().size()));
        if (data.hasValidation()) {
            line.append(format(", %,d validation", data.selection().size()));
        }
        if (data.hasTest()) {
            line.append(format(", %,d test", data.test().size()));
        }
        line.append(format(" images, %d classes", set.classes().size()));
        if (recipe.images().imageSize() != ImageSize.CIFAR) {
            line.append(format(
                    ", %dx%d", recipe.images().imageSize(), recipe.images().imageSize()));
        }
        if (!data.statistics().equals(ChannelStatistics.CIFAR)) {
            line.append(", pixels of ").append(data.statistics());
        }
        return line.append(data.streamed() ? ", streamed to the device batch by batch" : "")
                .toString();
    }

    private String costOfDeterminism() {
        return session.device().isCuda()
                ? "cuDNN's fixed algorithms instead of the fastest measured, max-pooling without atomic additions;"
                        + " slower (`benchmark --deterministic` says by how much)"
                : "as every run on the CPU with the same number of threads; costs nothing";
    }

    private String backboneSource() {
        return switch (recipe.network().backbone()) {
            case BackboneSource.RANDOM -> "random (He initialisation)";
            case BackboneSource.IMAGENET -> "ImageNet (torchvision's official weights)";
            default ->
                shape.backbone() == ResNetArchitecture.STEM
                        ? recipe.network().backbone() + " up to "
                                + recipe.network().cut()
                        : shape.backbone() instanceof ResNetArchitecture resnet
                                ? recipe.network().backbone() + ", " + resnet.description()
                                : shape.backbone().description();
        };
    }

    private String labels() {
        return (recipe.network().labelVectors().isEmpty()
                        ? "at random"
                        : "from " + recipe.network().labelVectors())
                + format(", embeddings of %d numbers", shape.embeddingSize())
                + (recipe.network().freezeLabels() ? ", frozen" : "")
                + (run.unseen() == null
                        ? ""
                        : "; held out of training: "
                                + ClassNames.shown(run.unseen().classes()));
    }

    private String frozen() {
        return switch (recipe.network().freeze()) {
            case NONE -> "";
            case ALL -> ", frozen";
            case ALL_BUT_BN -> ", frozen but for BatchNorm";
        };
    }

    private String features(RunDirectory directory) {
        int views = recipe.images().featureViews();
        if (views == 0) {
            return "computed anew in every epoch";
        }
        FeatureMemory memory = FeatureMemory.of(recipe, data, shape, session.device(), directory.path(), group);
        return format(
                "computed once, of %s each image: %,d MiB %s",
                views == 1 ? "one view of" : views + " views of",
                memory.bytes(views) >> 20,
                memory.streams(views) ? "in a file, streamed to the device batch by batch" : "in memory");
    }

    private String shortRecipe() {
        return format(
                "%d epochs, batch %d%s, %s lr %s%s, weight decay %s, %s schedule (%.0f %% warm-up)%s, %s, seed %d",
                recipe.optimization().epochs(),
                recipe.optimization().batchSize(),
                recipe.optimization().accumulate() > 1
                        ? " x " + recipe.optimization().accumulate()
                        : "",
                recipe.optimization().optimizer(),
                Recipes.typed(recipe.optimization().lr()),
                recipe.optimization().optimizer() == OptimizerKind.SGD
                        ? " momentum " + Recipes.typed(recipe.optimization().momentum())
                        : "",
                Recipes.typed(recipe.optimization().weightDecay()),
                recipe.optimization().schedule(),
                100 * recipe.optimization().warmup(),
                Recipes.TABLE.header(recipe).stream().map(words -> ", " + words).collect(Collectors.joining()),
                recipe.augmentation().cropAndFlip(),
                recipe.computation().seed());
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
