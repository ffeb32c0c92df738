package dynafilter.run;

import dynafilter.distributed.WorkerGroup;
import dynafilter.model.NetworkShape;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sections of a run's config.json beside its recipe. */
record ConfigSections(Origin origin, Session session, WorkerGroup group, PreparedRun run, ParameterCounts parameters) {
    Map<String, Object> toMap() {
        Map<String, Object> sections = new LinkedHashMap<>();
        sections.put("data", data());
        sections.put("network", network());
        run.network()
                .vectors()
                .ifPresent(words -> sections.put(
                        "label_vectors",
                        Map.of("size", words.size(), "sha256", words.sha256(), "scaled_to", "root mean square 1")));
        sections.put("environment", session.environment());
        if (!group.isSingle()) {
            sections.put("distributed", Map.of("processes", group.size(), "launch", group.launch()));
        }
        Trainer trainer = run.trainer();
        origin.file()
                .ifPresent(file -> sections.put( // up to there the recipe may have been another
                        "resumed",
                        Map.of("checkpoint", file.toString(), "epoch", trainer.epoch(), "step", trainer.step())));
        return sections;
    }

    private Map<String, Object> data() {
        TrainingData data = run.data();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", run.set().name());
        facts.put("sha256", run.set().sha256());
        facts.put("classes", run.set().classes());
        facts.put("training_images", data.training().size());
        facts.put("selected_on", data.selectionName());
        facts.put("selection_images", data.selection().size());
        facts.put("test_images", data.hasTest() ? data.test().size() : 0);
        return facts;
    }

    private Map<String, Object> network() {
        NetworkShape shape = run.network().shape();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("backbone", shape.backbone().description());
        facts.put("feature_map", List.of(shape.channels(), shape.mapHeight(), shape.mapWidth()));
        facts.put("backbone_parameters", parameters.backbone());
        facts.put("filter_parameters", parameters.filters());
        facts.put("predictor_parameters", parameters.predictor());
        facts.put("trained_parameters", parameters.trained());
        return facts;
    }
}
