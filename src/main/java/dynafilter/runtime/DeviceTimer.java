package dynafilter.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.global.torch_cuda;

/** A timer for device work: by events on CUDA, where the host runs ahead; by the clock on the CPU. */
public final class DeviceTimer {
    private final ComputeDevice device;

    public DeviceTimer(ComputeDevice device) {
        this.device = device;
    }

    /** Runs the work {@code runs} times and returns the milliseconds of each run. */
    public double[] milliseconds(int runs, Runnable work) {
        return milliseconds(runs, List.of(work)).get(0);
    }

    /**
     * Runs several works in turn, {@code runs} times each: what slows the machine for a while slows them alike.
     *
     * @return the milliseconds of each run, by work
     */
    public List<double[]> milliseconds(int runs, List<Runnable> works) {
        int all = runs * works.size();
        double[] inTurn = device.isCuda() ? byEvents(all, works) : byClock(all, works);
        return IntStream.range(0, works.size())
                .mapToObj(work -> IntStream.range(0, runs)
                        .mapToDouble(run -> inTurn[run * works.size() + work])
                        .toArray())
                .toList();
    }

    /** Runs the work {@code runs} times and waits until the device has done it. */
    public void warmUp(int runs, Runnable work) {
        for (int run = 0; run < runs; run++) {
            work.run();
        }
        if (device.isCuda()) {
            torch_cuda.device_synchronize();
        }
    }

    private static double[] byClock(int runs, List<Runnable> works) {
        double[] milliseconds = new double[runs];
        for (int run = 0; run < runs; run++) {
            long start = System.nanoTime();
            works.get(run % works.size()).run();
            milliseconds[run] = (System.nanoTime() - start) / 1e6;
        }
        return milliseconds;
    }

    /** Measures from event to event, so that the device never waits for the host to read a clock. */
    private static double[] byEvents(int runs, List<Runnable> works) {
        List<CUDAEvent> marks = new ArrayList<>();
        try (NativeOwner owner = new NativeOwner()) {
            for (int run = 0; run <= runs; run++) {
                marks.add(owner.keep(new CUDAEvent(cudart.cudaEventDefault))); // its own default takes no times
            }
            marks.get(0).record();
            for (int run = 0; run < runs; run++) {
                works.get(run % works.size()).run();
                marks.get(run + 1).record();
            }
            marks.get(runs).synchronize();
            double[] milliseconds = new double[runs];
            for (int run = 0; run < runs; run++) {
                milliseconds[run] = marks.get(run).elapsed_time(marks.get(run + 1));
            }
            return milliseconds;
        }
    }
}
