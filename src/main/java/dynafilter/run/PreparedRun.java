package dynafilter.run;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.report.tensorboard.TensorBoardLog;
import dynafilter.runfolder.Recipe;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import org.jspecify.annotations.Nullable;

/**
 * The data, network and trainer of a run, on its device.
 *
 * @param recipe of the run, with all that it leaves to the program settled
 * @param set the data set: closed, but its name, classes and checksum stay readable
 * @param unseen images of held-out labels to test on, on the host; null: no label is held out
 * @param network as it was before the first step
 * @param teacher the network whose probabilities the run learns, too, in words; null: it has no teacher
 * @param tensorBoard writes nothing before it is opened
 */
record PreparedRun(
        Recipe recipe,
        DataSet set,
        @Nullable ImageSet unseen,
        TrainingData data,
        InitialNetwork network,
        @Nullable String teacher,
        TensorBoardLog tensorBoard,
        Trainer trainer) {}
