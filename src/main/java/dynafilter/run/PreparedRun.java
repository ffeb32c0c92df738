package dynafilter.run;

import dynafilter.data.DataSet;
import dynafilter.report.tensorboard.TensorBoardLog;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;

/**
 * The data, network and trainer of a run, on its device.
 *
 * @param set the data set: closed, but its name, classes and checksum stay readable
 * @param network as it was before the first step
 * @param tensorBoard writes nothing before it is opened
 */
record PreparedRun(
        DataSet set, TrainingData data, InitialNetwork network, TensorBoardLog tensorBoard, Trainer trainer) {}
