package dynafilter.torchfile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Python tuple: {@code torch.optim} writes betas as one, and a {@code torch.Size} is read as one. None is null. */
public record Tuple(List<@Nullable Object> items) {
    public Tuple {
        items = Collections.unmodifiableList(new ArrayList<>(items));
    }

    public static Tuple of(@Nullable Object... items) {
        return new Tuple(Arrays.asList(items));
    }
}
