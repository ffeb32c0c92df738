package dynafilter.run;

import dynafilter.data.DataSet;
import dynafilter.report.tensorboard.TensorBoardLog;
import dynafilter.runfolder.Recipe;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;

/**
 * The data, network and trainer of a run, on its device.
 *
 * @param recipe of the run, with all that it leaves to the program settled
 * @param set the data set: closed, but its name, classes and checksum stay readable
 * @param network as it was before the first step
 * @param tensorBoard writes nothing before it is opened
 */
record PreparedRun(
        Recipe recipe,
        DataSet set,
        TrainingData data,
        InitialNetwork network,
        TensorBoardLog tensorBoard,
        Trainer trainer) {}
