package dynafilter.cli;

import dynafilter.checkpoint.BackboneSource;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSize;
import dynafilter.data.words.WordVectors;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetStem;
import dynafilter.runfolder.ClassWeights;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.OptimizerKind;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.NativeRuntime;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.logging.log4j.Logger;
import org.bytedeco.pytorch.Tensor;

/** What a run states before its first step: on the console, in {@code train.log} and in {@code config.json}. */
final class RunHeader {
    private final Recipe recipe;
    private final Session session;
    private final WorkerGroup group;
    private final DataSet set;
    private final TrainingData data;
    private final NetworkShape shape;
    private final long backbone;
    private final long filters;
    private final long predictor;
    private final long trained;

    /** @param state every tensor of the network by name */
    RunHeader(
            Recipe recipe,
            Session session,
            WorkerGroup group,
            DataSet set,
            TrainingData data,
            NetworkShape shape,
            Map<String, Tensor> state) {
        this.recipe = recipe;
        this.session = session;
        this.group = group;
        this.set = set;
        this.data = data;
        this.shape = shape;
        Predicate<String> ofBackbone = name -> name.startsWith(BackboneArchitecture.PREFIX);
        Predicate<String> ofPredictor = name -> name.startsWith("predictor.");
        backbone = count(state, ofBackbone);
        predictor = count(state, ofPredictor);
        filters = count(state, ofBackbone.or(ofPredictor).negate());
        trained = count(state, name -> shape.trains(name, recipe.freeze(), recipe.freezeLabels()));
    }

    private long count(Map<String, Tensor> state, Predicate<String> names) {
        return state.entrySet().stream()
                .filter(entry -> shape.isParameter(entry.getKey()) && names.test(entry.getKey()))
                .mapToLong(entry -> entry.getValue().numel())
                .sum();
    }

    /**
     * The run's config.json.
     *
     * @param resumed the checkpoint the run continues from; null for a new run
     * @param vectors that the labels' embeddings start from, where they do
     */
    RunConfig config(Trainer trainer, Path resumed, Optional<WordVectors> vectors) {
        return RunConfig.of(
                recipe,
                new RunConfig.Data(
                        set.name(),
                        set.sha256(),
                        set.classes(),
                        data.training().size(),
                        data.selectionName(),
                        data.selection().size(),
                        data.hasTest() ? data.test().size() : 0),
                new RunConfig.Network(
                        shape.backbone().description(),
                        List.of(shape.channels(), shape.mapHeight(), shape.mapWidth()),
                        backbone,
                        filters,
                        predictor,
                        trained),
                vectors.map(words -> new RunConfig.LabelVectors(words.size(), words.sha256(), "root mean square 1"))
                        .orElse(null),
                session.environment(),
                group.isSingle() ? null : new RunConfig.Distributed(group.size(), group.launch()),
                resumed == null ? null : new RunConfig.Resumed(resumed.toString(), trainer.epoch(), trainer.step()));
    }

    /**
     * @param resumed the checkpoint the run continues from; null for a new run
     * @param graph whether steps are captured as a CUDA graph
     */
    void log(RunDirectory directory, Trainer trainer, Path resumed, boolean graph) {
        Logger log = Logging.log();
        Environment environment = session.environment();
        log.info(
                "device     {}, {}, {}{}{} ({})",
                session.device(),
                session.threads() == 1 ? "1 thread" : session.threads() + " threads",
                recipe.precision(),
                graph ? ", each step one CUDA graph" : "",
                limitOfConvolutions(),
                session.device().reason());
        if (!group.isSingle()) {
            log.info(format(
                    "processes  %d, joined by %s: %,d images of each step a process, %s",
                    group.size(),
                    session.device().isCuda() ? "NCCL" : "Gloo",
                    trainer.imagesPerStep() / group.size(),
                    recipe.syncBatchnorm() ? "BatchNorm over all of them" : "BatchNorm over its own"));
        }
        session.cuda().ifPresent(cuda -> {
            log.info("cuda       {}", cuda);
            session.machine()
                    .libraries()
                    .forEach(library -> log.debug("{} {}: {}", library.soname(), library.version(), library.path()));
        });
        if (recipe.deterministic()) {
            log.info("           deterministic: {}", costOfDeterminism());
        }
        log.info("data       {}", dataLine());
        log.info(
                "backbone   {}{}, feature map [{}, {}, {}]",
                resumed != null ? "from " + resumed : backboneSource(),
                frozen(),
                shape.channels(),
                shape.mapHeight(),
                shape.mapWidth());
        log.info(format(
                "network    %s filters%s; parameters: backbone %,d + filters %,d + predictor %,d = %,d, %,d of them trained",
                recipe.filters(),
                recipe.adapter() ? " behind an adapter" : "",
                backbone,
                filters,
                predictor,
                backbone + filters + predictor,
                trained));
        if (!recipe.labelVectors().isEmpty() || recipe.freezeLabels()) {
            log.info("           labels {}", labels());
        }
        log.info("recipe     {}", shortRecipe());
        log.info(
                "versions   dynafilter {}, libtorch {}, Java {}, {}",
                environment.dynafilter(),
                environment.libtorch(),
                environment.java(),
                environment.os());
        log.info(format(
                "run        %s: %,d steps an epoch, of %,d images each",
                directory.path(), trainer.stepsPerEpoch(), trainer.imagesPerStep()));
        if (resumed != null) {
            log.info("resumed    after epoch {}, at step {}", trainer.epoch(), trainer.step());
        }
        log.debug("recipe in full: {}", Recipes.toMap(recipe));
        log.debug("data sha256: {}", set.sha256());
    }

    /** Told where it is not the processor's own: `doctor` says why. */
    private String limitOfConvolutions() {
        return session.device().isCuda()
                ? ""
                : NativeRuntime.convolutionLimit()
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
        if (recipe.imageSize() != ImageSize.CIFAR) {
            line.append(format(", %dx%d", recipe.imageSize(), recipe.imageSize()));
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
        return switch (recipe.backbone()) {
            case BackboneSource.RANDOM -> "random (He initialisation)";
            case BackboneSource.IMAGENET -> "ImageNet (torchvision's official weights)";
            default ->
                shape.backbone() == ResNetStem.ARCHITECTURE
                        ? recipe.backbone() + " up to " + recipe.cut()
                        : shape.backbone().description();
        };
    }

    private String labels() {
        return (recipe.labelVectors().isEmpty() ? "at random" : "from " + recipe.labelVectors())
                + format(", embeddings of %d numbers", shape.embeddingSize())
                + (recipe.freezeLabels() ? ", frozen" : "");
    }

    private String frozen() {
        return switch (recipe.freeze()) {
            case NONE -> "";
            case ALL -> ", frozen";
            case ALL_BUT_BN -> ", frozen but for BatchNorm";
        };
    }

    private String shortRecipe() {
        return format(
                "%d epochs, batch %d%s, %s lr %s%s, weight decay %s, %s schedule (%.0f %% warm-up)%s%s%s%s, %s, seed %d",
                recipe.epochs(),
                recipe.batchSize(),
                recipe.accumulate() > 1 ? " x " + recipe.accumulate() : "",
                recipe.optimizer(),
                Recipes.typed(recipe.lr()),
                recipe.optimizer() == OptimizerKind.SGD ? " momentum " + Recipes.typed(recipe.momentum()) : "",
                Recipes.typed(recipe.weightDecay()),
                recipe.schedule(),
                100 * recipe.warmup(),
                recipe.labelSmoothing() > 0 ? ", label smoothing " + recipe.labelSmoothing() : "",
                recipe.classWeights() == ClassWeights.NONE ? "" : ", " + recipe.classWeights() + " class weights",
                recipe.clipGrad() > 0 ? ", clip " + recipe.clipGrad() : "",
                recipe.ema() > 0 ? ", ema " + recipe.ema() : "",
                recipe.augment() ? "crop and flip" : "no augmentation",
                recipe.seed());
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
