package dynafilter.train;

import dynafilter.checkpoint.UnseenLabels;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.ComputeDevice;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a {@link Trainer}.
 *
 * @param initial every tensor of the network by name; copied
 * @param data the image sets, which the trainer does not close
 * @param unseen the labels that the run holds out, which its checkpoints keep; null: none
 * @param graph true: a step is captured as a CUDA graph; false: it runs operator by operator
 * @param directory the run directory, which rank 0 writes
 * @param features those that an earlier run has left, where the backbone is frozen, and those of this run for a later one
 * @param stopRequested asked between steps and after every epoch. true: stop; false: go on
 * @param group the ranks that share every batch, all with the same recipe, network and data
 */
public record TrainingSetup(
        Recipe recipe,
        NetworkShape shape,
        Map<String, Tensor> initial,
        TrainingData data,
        @Nullable UnseenLabels unseen,
        ComputeDevice device,
        boolean graph,
        RunDirectory directory,
        FeatureShelf features,
        TrainingListener listener,
        BooleanSupplier stopRequested,
        WorkerGroup group) {}
