package dynafilter.runfolder;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The values of {@code --normalize}: what the pixels of a run's images are normalised with. */
public final class Normalize {
    /** The value that leaves it to the backbone. */
    public static final String AUTO = "auto";

    /** The value that stands for the statistics of the training images themselves. */
    public static final String DATA = "data";

    private static final String CIFAR = "cifar";
    private static final String IMAGENET = "imagenet";

    private Normalize() {}

    /**
     * The statistics that a value names.
     *
     * @param value such as {@code imagenet} or {@code 0.5,0.5,0.5/0.25,0.25,0.25}
     * @return empty for {@link #AUTO} and {@link #DATA}, which tell them by other things
     * @throws InputException where it is no value of the option
     */
    public static Optional<ChannelStatistics> statistics(String value) {
        return switch (value) {
            case AUTO, DATA -> Optional.empty();
            case CIFAR -> Optional.of(ChannelStatistics.CIFAR);
            case IMAGENET -> Optional.of(ChannelStatistics.IMAGENET);
            default -> Optional.of(written(value));
        };
    }

    private static ChannelStatistics written(String value) {
        int slash = value.indexOf('/');
        try {
            if (slash > 0) {
                return new ChannelStatistics(numbers(value.substring(0, slash)), numbers(value.substring(slash + 1)));
            }
        } catch (NumberFormatException noNumber) {
            throw wrong(value, "one of the numbers is none", noNumber);
        } catch (InputException unusable) {
            throw wrong(value, "it " + unusable.getMessage(), unusable);
        }
        throw wrong(value, "there is no such value", null);
    }

    private static List<Double> numbers(String list) {
        List<Double> numbers = new ArrayList<>();
        for (String number : list.split(",", -1)) {
            numbers.add(Double.valueOf(number.strip()));
        }
        return numbers;
    }

    private static InputException wrong(String value, String why, @Nullable Throwable cause) {
        String message =
                "--normalize " + value + ": " + why + "; use auto, cifar, imagenet, data, or three means and three"
                        + " deviations of pixels in [0, 1], such as 0.5,0.5,0.5/0.25,0.25,0.25";
        return cause == null ? new InputException(message) : new InputException(message, cause);
    }
}
