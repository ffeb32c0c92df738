package dynafilter.cli;

import static dynafilter.cli.TinyRuns.assertSame;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.runfolder.RunConfig;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with a frozen backbone, whose features are computed once. */
class FrozenRunTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path straight; // four epochs without a stop, of two views

    @BeforeAll
    static void trainStraight() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        straight = folder.resolve("straight");
        CommandResult.ofSuccess(frozen(straight, "--feature-views", 2));
    }

    private static Object[] frozen(Path out, Object... options) {
        Object[] first = {"--epochs", 4, "--freeze", "all", "--progress", "none"};
        Object[] all = new Object[options.length + first.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(options, 0, all, first.length, options.length);
        return train(data, out, all);
    }

    private static int views(Path run) {
        return RunConfig.recipe(run.resolve("config.json")).images().featureViews();
    }

    @Test
    void aRunSaysHowManyViewsItKeepsAndSettlesOnThem() {
        Path out = folder.resolve("auto");
        CommandResult auto = CommandResult.ofSuccess(frozen(out, "--max-steps", 1));
        assertTrue(auto.out().contains("features   computed once, of 8 views of each image: "), auto.out());
        assertTrue(auto.out().contains(" MiB in memory"), auto.out());
        assertEquals(8, views(out));
        Path anew = folder.resolve("anew");
        CommandResult fresh = CommandResult.ofSuccess(frozen(anew, "--max-steps", 1, "--feature-views", 0));
        assertTrue(fresh.out().contains("features   computed anew in every epoch"), fresh.out());
        Path plain = folder.resolve("plain");
        CommandResult one = CommandResult.ofSuccess(frozen(plain, "--max-steps", 1, "--no-augment"));
        assertTrue(one.out().contains("features   computed once, of one view of each image"), one.out());
        assertEquals(1, views(plain));
    }

    @Test
    void aStreamedRunInTwoPartsIsTheResidentOneInOne() {
        Path out = folder.resolve("parts");
        CommandResult half = CommandResult.ofSuccess(
                frozen(out, "--feature-views", 2, "--max-steps", 10, "--data-memory", "stream"));
        assertTrue(half.out().contains(" MiB in a file, streamed to the device batch by batch"), half.out());
        CommandResult.ofSuccess("train", "--resume", out, "--data-memory", "stream", "--progress", "none");
        assertSame(straight.resolve("last.pt"), out.resolve("last.pt"));
        assertEquals(2, views(out));
        CommandResult.of("train", "--resume", out, "--epochs", 5, "--feature-views", 3)
                .assertRefused("the checkpoint was trained with --feature-views 2, not 3");
    }

    @Test
    void aRunOfAVersionThatKeptNoFeaturesGoesOnWithout() {
        Path anew = folder.resolve("anew-straight");
        CommandResult.ofSuccess(frozen(anew, "--feature-views", 0));
        Path old = folder.resolve("old");
        CommandResult.ofSuccess(frozen(old, "--feature-views", 0, "--max-steps", 6));
        Path last = old.resolve("last.pt");
        Map<String, Object> saved = new LinkedHashMap<>();
        ((Map<?, ?>) TorchFile.read(last)).forEach((key, value) -> saved.put((String) key, value));
        Map<Object, Object> recipe = new LinkedHashMap<>((Map<?, ?>) saved.get("recipe"));
        assertEquals(0L, recipe.remove("feature_views"));
        saved.put("recipe", recipe);
        TorchFile.write(last, saved);
        CommandResult resumed = CommandResult.ofSuccess("train", "--resume", old, "--progress", "none");
        assertTrue(resumed.out().contains("features   computed anew in every epoch"), resumed.out());
        assertEquals(0, views(old));
        assertSame(anew.resolve("last.pt"), last);
    }

    @Test
    void viewsThatThereAreNotAreRefused() {
        Path out = folder.resolve("none");
        CommandResult.of(train(data, out, "--feature-views", 8))
                .assertRefused("--feature-views 8 with --freeze none", "add --freeze all");
        CommandResult.of(frozen(out, "--feature-views", 8, "--no-augment"))
                .assertRefused("--feature-views 8 with --no-augment: an image has one view then");
        CommandResult.of(frozen(out, "--feature-views", "many")).assertRefused("--feature-views many: not a number");
        CommandResult.of(frozen(out, "--feature-views", 2_000_000_000))
                .assertRefused("--feature-views 2000000000: a view takes ", "; give --feature-views ");
    }
}
