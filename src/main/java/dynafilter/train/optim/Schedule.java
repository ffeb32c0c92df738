package dynafilter.train.optim;

import dynafilter.runfolder.ScheduleKind;

/** A learning-rate schedule: the learning rate as a pure function of the step. */
@FunctionalInterface
public interface Schedule {
    /**
     * The learning rate of a step.
     *
     * @param step the step, counted from 0 over the whole run
     */
    double learningRate(long step);

    /**
     * The schedule of a kind.
     *
     * @param peak the highest learning rate
     * @param warmup the share of the steps in which the learning rate rises, in [0, 1]
     * @param totalSteps the number of steps of the whole run
     */
    static Schedule of(ScheduleKind kind, double peak, double warmup, long totalSteps) {
        if (kind == ScheduleKind.ONECYCLE) {
            return step -> oneCycle(peak, warmup, totalSteps, step);
        }
        long rising = (long) Math.rint(warmup * totalSteps); // as Python rounds
        return step -> step < rising
                ? peak * (step + 1) / rising
                : peak * decay(kind, (double) (step - rising) / (totalSteps - rising));
    }

    private static double decay(ScheduleKind kind, double progress) {
        return switch (kind) {
            case COSINE -> 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));
            case STEP -> progress < 0.5 ? 1 : progress < 0.75 ? 0.1 : 0.01;
            case CONSTANT, ONECYCLE -> 1;
        };
    }

    /** {@code torch.optim.lr_scheduler.OneCycleLR(anneal_strategy="linear")} with its default dividers. */
    private static double oneCycle(double peak, double warmup, long totalSteps, long step) {
        double first = peak / 25;
        double last = first / 1e4;
        double top = warmup * totalSteps - 1;
        if (step < top) {
            return first + (peak - first) * step / top;
        }
        double falling = Math.min((step - top) / (totalSteps - 1 - top), 1);
        return peak + (last - peak) * falling;
    }
}
