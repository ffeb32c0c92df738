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

/** The agreement of a run's ranks before they begin: on the version, data and recipe, and on the rank that downloads first. */
final class RankAgreement {
    private final WorkerGroup group;
    private final Recipe recipe;

    RankAgreement(WorkerGroup group, Recipe recipe) {
        this.group = group;
        this.recipe = recipe;
    }

    /**
     * Sees that all ranks have the same version, data and recipe.
     *
     * @throws dynafilter.io.InputException naming the first difference
     */
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

    /** The result of work that rank 0 does first, so that its downloads are there for the others; on other machines they download, too. */
    <T> T inTurn(Supplier<T> work) {
        if (group.isSingle()) {
            return work.get();
        }
        if (!group.leads()) {
            group.barrier();
            return work.get();
        }
        T made = work.get();
        group.barrier();
        return made;
    }
}
