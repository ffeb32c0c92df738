package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.device.DeviceFeatures;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.FeatureShape;
import dynafilter.data.device.Normalization;
import dynafilter.data.device.Targets;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.Classifier;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.label.LabelExamples;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.OptimizerWithoutOperator;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What fails as it is made, as late as it can, leaves no native object and no native bytes behind. */
@ExtendWith(NativeScope.class)
class ConstructorLeakTest {
    private static final Recipe RECIPE =
            TestRun.recipe("sync_batchnorm", true, "class_weights", "balanced", "precision", "bf16", "ema", 0.9);
    private static final ComputeDevice ABSENT = new ComputeDevice(DeviceType.CUDA, 63, "not there");
    private static final NetworkShape SHAPE = TestRun.shape(RECIPE);

    private Map<String, Tensor> initial;

    /** A constructor or factory, and what stops it behind the last native it makes, or before the last. */
    private enum Construction {
        FLAT_PARAMETERS {
            @Override
            Executable of(Map<String, Tensor> initial) {
                Map<String, Tensor> broken = new LinkedHashMap<>(initial);
                broken.put("lacks its tensor", null);
                return () -> new FlatParameters(broken, initial::containsKey, ComputeDevice.CPU);
            }
        },
        WORKING_PARAMETERS {
            @Override
            Executable of(Map<String, Tensor> initial) {
                FlatParameters parameters = flat(initial);
                String last = new ArrayList<>(initial.keySet()).get(initial.size() - 1);
                return () -> {
                    int[] asked = new int[1];
                    Predicate<String> failsAtTheLast = name -> {
                        if (name.equals(last) && ++asked[0] == 2) {
                            throw new IllegalStateException(name);
                        }
                        return true;
                    };
                    new WorkingParameters(parameters, Precision.BF16, failsAtTheLast);
                };
            }
        },
        WEIGHT_AVERAGE {
            @Override
            Executable of(Map<String, Tensor> initial) {
                FlatParameters parameters = flat(initial);
                new ArrayList<>(parameters.state().values())
                        .get(initial.size() - 1)
                        .close();
                return () -> new WeightAverage(parameters, 0.5);
            }
        },
        OPTIMIZER {
            @Override
            Executable of(Map<String, Tensor> initial) {
                FlatParameters parameters = flat(initial);
                return () -> new OptimizerWithoutOperator(parameters);
            }
        },
        TRAINING_METRICS {
            @Override
            Executable of(Map<String, Tensor> initial) {
                return () -> new TrainingMetrics(ABSENT);
            }
        },
        TRAINING_STATE {
            @Override
            Executable of(Map<String, Tensor> initial) {
                return () -> new TrainingState(RECIPE, SHAPE, initial, ComputeDevice.CPU, groupThatFailsAt("size"));
            }
        },
        TRAINING_STEP {
            @Override
            Executable of(Map<String, Tensor> initial) {
                TrainingState state =
                        new TrainingState(RECIPE, SHAPE, initial, ComputeDevice.CPU, WorkerGroup.single());
                Tensor labels = TestRun.set("labels", 20, 1).labels();
                return () -> new TrainingStep(
                        state,
                        RECIPE,
                        labels,
                        2,
                        1,
                        groupThatFailsAt("isSingle"),
                        ComputeDevice.CPU,
                        false,
                        warning -> {});
            }
        },
        TRAINER {
            @Override
            Executable of(Map<String, Tensor> initial) {
                TrainingData data = TestRun.data(TestRun.images(64, 40), RECIPE);
                TrainingSetup withoutFolder = new TrainingSetup(
                        RECIPE,
                        SHAPE,
                        initial,
                        data,
                        null,
                        ComputeDevice.CPU,
                        false,
                        null,
                        new FeatureShelf(),
                        new TrainingListener() {},
                        () -> false,
                        WorkerGroup.single());
                return () -> new Trainer(withoutFolder);
            }
        },
        ENDLESS_TRAINING {
            @Override
            Executable of(Map<String, Tensor> initial) {
                Recipe plain = TestRun.with(RECIPE, "class_weights", "none");
                DeviceImages closed = TestBench.images(20);
                closed.close();
                return () ->
                        new EndlessTraining(plain, SHAPE, initial, closed, ComputeDevice.CPU, false, warning -> {});
            }
        },
        TRAINING_DATA {
            @Override
            Executable of(Map<String, Tensor> initial) {
                DataSet images = TestRun.images(64, 40);
                Recipe holdsOutNone = TestRun.with(RECIPE, "val_split", 0.001);
                return () -> TestRun.data(images, holdsOutNone);
            }
        },
        NORMALIZATION {
            @Override
            Executable of(Map<String, Tensor> initial) {
                return () -> new Normalization(ABSENT);
            }
        },
        RESIDENT_IMAGES {
            @Override
            Executable of(Map<String, Tensor> initial) {
                ImageSet set = TestRun.set("images", 20, 1);
                return () -> new DeviceImages(set, ABSENT, true);
            }
        },
        DEVICE_FEATURES {
            @Override
            Executable of(Map<String, Tensor> initial) {
                Tensor labels = TensorBytes.of(new long[] {0});
                FeatureShape tooHigh = new FeatureShape(0, 1L << 32, 1, ScalarType.Float);
                return () -> new DeviceFeatures(new Targets(labels, null), 1, tooHigh, ComputeDevice.CPU, null);
            }
        },
        STREAMED_IMAGES {
            @Override
            Executable of(Map<String, Tensor> initial) {
                ImageSet none = new ImageSet(
                        "none",
                        TensorBytes.empty(ScalarType.Byte, 0, 3, 32, 32),
                        TensorBytes.of(new long[0]),
                        TestRun.CLASSES);
                return () -> new DeviceImages(none, null, ComputeDevice.CPU, true, true);
            }
        },
        SCORES {
            @Override
            Executable of(Map<String, Tensor> initial) {
                DeviceImages images = TestBench.images(501); // more than a batch
                Classifier failsAtTheSecondBatch = (Classifier) Proxy.newProxyInstance(
                        Classifier.class.getClassLoader(), new Class<?>[] {Classifier.class}, (proxy, method, args) -> {
                            Tensor pixels = (Tensor) args[0];
                            if (pixels.size(0) == 1) {
                                throw new IllegalStateException("the second batch");
                            }
                            return pixels.flatten(1, 3).narrow(1, 0, 10);
                        });
                return () -> new Evaluator(Precision.FP32, ComputeDevice.CPU).scores(failsAtTheSecondBatch, images);
            }
        },
        LABEL_EXAMPLES {
            @Override
            Executable of(Map<String, Tensor> initial) {
                TestBench bench = new TestBench(TestRun.with(RECIPE, "precision", "fp32"), initial);
                DeviceImages images = TestBench.images(20);
                bench.parameters.state().get("predictor.2.bias").close(); // scores come behind the features
                return () -> LabelExamples.of(bench.network, images);
            }
        };

        /** What is to fail, on a fixture that is made before natives are counted. */
        abstract Executable of(Map<String, Tensor> initial);

        private static FlatParameters flat(Map<String, Tensor> initial) {
            return new FlatParameters(initial, SHAPE::isParameter, ComputeDevice.CPU);
        }
    }

    /** Two ranks, of which the other is found to be gone when a method is called. */
    private static WorkerGroup groupThatFailsAt(String name) {
        return (WorkerGroup) Proxy.newProxyInstance(
                WorkerGroup.class.getClassLoader(), new Class<?>[] {WorkerGroup.class}, (proxy, method, args) -> {
                    if (method.getName().equals(name)) {
                        throw new WorkerFailure("the other rank is gone");
                    }
                    return method.getReturnType() == boolean.class ? (Object) false : (Object) 2;
                });
    }

    @BeforeEach
    void makeTensors() throws InterruptedException {
        initial = TestBench.initial(RECIPE);
        LeakTest.settle();
    }

    private static List<Long> natives() {
        return List.of(Pointer.totalCount(), Pointer.totalBytes());
    }

    @ParameterizedTest
    @EnumSource
    void leavesNothingBehind(Construction construction) {
        Executable failing = construction.of(initial);
        for (int time = 0; time < 3; time++) {
            List<Long> before = natives();
            try (PointerScope caller = new PointerScope()) {
                assertThrows(RuntimeException.class, failing);
            }
            assertEquals(before, natives(), "count and bytes, time " + time);
        }
    }

    @Test
    void whatIsLeftBehindIsSeen() {
        List<Long> before = natives();
        TrainingMetrics left;
        try (PointerScope caller = new PointerScope()) {
            left = new TrainingMetrics(ComputeDevice.CPU);
        }
        assertNotEquals(before, natives());
        left.close();
        assertEquals(before, natives());
    }
}
