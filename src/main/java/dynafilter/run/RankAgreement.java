package dynafilter.run;

import dynafilter.data.DataSet;
import dynafilter.distributed.Agreement;
import dynafilter.distributed.WorkerGroup;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.Setting.Trait;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The agreement of a run's ranks before they begin: on version, data and recipe, and on who downloads. */
final class RankAgreement {
    private final WorkerGroup group;
    private final Recipe recipe;

    RankAgreement(WorkerGroup group, Recipe recipe) {
        this.group = group;
        this.recipe = recipe;
    }

    /** @throws dynafilter.io.InputException naming the first difference */
    void require(DataSet set) {
        if (group.isSingle()) {
            return;
        }
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("version", Version.ofProgram());
        facts.put("data with sha256", set.sha256());
        // What is in files is compared by checksum and by the parameters' hash: they may be called otherwise elsewhere.
        List<String> paths = Recipes.keys(Trait.PATH);
        Recipes.toMap(recipe).forEach((name, value) -> {
            if (!paths.contains(name)) {
                facts.put("--" + name.replace('_', '-'), String.valueOf(value));
            }
        });
        Agreement.require(group, facts);
    }

    /** Rank 0 first, so that what it downloads is there for the others; on a machine without it they download, too. */
    <T> T inTurn(Supplier<T> work) {
        T made = group.leads() ? work.get() : null;
        if (!group.isSingle()) {
            group.barrier();
        }
        return group.leads() ? made : work.get();
    }
}
