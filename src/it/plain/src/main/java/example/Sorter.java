package example;

import dynafilter.api.Classification;
import dynafilter.api.Classifier;
import java.nio.file.Path;

/** Prints the label of each picture. */
public final class Sorter {
    private Sorter() {}

    public static void main(String[] arguments) {
        try (Classifier classifier = Classifier.load(Path.of(arguments[0]))) {
            for (int i = 1; i < arguments.length; i++) {
                Classification.Score best = classifier.classify(Path.of(arguments[i])).best();
                System.out.printf("%s: %s, %.1f %%%n", arguments[i], best.label(), 100 * best.probability());
            }
        }
    }
}
