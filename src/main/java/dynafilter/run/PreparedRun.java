package dynafilter.run;

import dynafilter.data.DataSet;
import dynafilter.report.tensorboard.TensorBoardLog;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;

/**
 * All that a run trains with, on its device.
 *
 * @param set what the data came from: closed, but what it is called and knows stays readable
 * @param network as it was before the first step
 * @param tensorBoard writes nothing before it is opened
 */
record PreparedRun(
        DataSet set, TrainingData data, InitialNetwork network, TensorBoardLog tensorBoard, Trainer trainer) {}
