package dynafilter.report.page;

import dynafilter.io.JsonFile;
import dynafilter.io.ShellWord;
import dynafilter.report.RunFacts;
import dynafilter.runfolder.Recipes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section with the commands that repeat a run, its evaluation and its page. */
record Reproduction(RunFacts run) {
    List<Object> content() {
        List<Object> content = new ArrayList<>();
        if (run.config().resumed() != null) {
            content.add(Html.of(
                            "p",
                            "This run went on from the checkpoint "
                                    + run.config().resumed().checkpoint() + ", after its epoch "
                                    + run.config().resumed().epoch()
                                    + ". The commands give the same result where the recipe was the same up to there.")
                    .as("missing"));
        }
        content.add(PageElements.paragraph("The same run again, from its config.json"
                + (isCpu(run.environment().deviceFacts().device())
                        ? "; on a CPU of the same kind and with the same number of threads, bit for bit:"
                        : ":")));
        content.add(PageElements.command(
                "dynafilter train --config " + ShellWord.of(run.directory().config()) + " --out again"));
        content.add(PageElements.paragraph("Without that file, by its options:"));
        content.add(PageElements.command(train()));
        content.add(PageElements.paragraph("The numbers on the test set, and this page:"));
        content.add(PageElements.command(
                "dynafilter eval --model " + ShellWord.of(run.directory().best()) + " --data "
                        + ShellWord.of(run.recipe().images().data())
                        + (run.recipe().selection().limitTest() > 0
                                ? " --limit-test " + run.recipe().selection().limitTest()
                                : "")));
        content.add(PageElements.command(
                "dynafilter report " + ShellWord.of(run.directory().path())));
        content.add(PageElements.details("config.json", Html.of("pre", Html.of("code", JsonFile.text(run.config())))));
        return content;
    }

    private static boolean isCpu(@Nullable String device) {
        return device == null || device.equals("cpu");
    }

    private String train() {
        StringBuilder command = new StringBuilder("dynafilter train");
        Recipes.options(run.recipe()).forEach(word -> command.append(' ').append(ShellWord.of(word)));
        Integer threads = run.environment().threads();
        return command.append(threads != null && threads > 0 ? " --threads " + threads : "")
                .toString();
    }
}
