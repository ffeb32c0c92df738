package dynafilter.benchmark;

import static dynafilter.NativeCount.assertLeavesNothing;

import dynafilter.NativeCount;
import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class WorkloadTest {
    @Test
    void oneThatCannotBeBuiltLetsGoOfItsImages() throws InterruptedException {
        NativeCount.settle();
        NetworkShape shape = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10);
        assertLeavesNothing(
                InputException.class,
                () -> Workload.training(Recipe.DEFAULT, shape, Map.of(), ComputeDevice.CPU, false, why -> {}));
    }
}
