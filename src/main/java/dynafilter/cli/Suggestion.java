package dynafilter.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Suggestions of what the user may have meant, for messages about a command line. */
final class Suggestion {
    private static final int FARTHEST = 3; // edits

    private Suggestion() {}

    /** The suggestion " (did you mean '...'?)"; empty where no candidate is near. */
    static String nearest(String typed, Collection<String> candidates) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return candidates.stream()
                .min(Comparator.comparingInt(candidate -> distance.apply(typed, candidate)))
                .filter(best -> distance.apply(typed, best) <= Math.min(FARTHEST, letters(best) / 2))
                .map(best -> " (did you mean '" + best + "'?)")
                .orElse("");
    }

    private static long letters(String name) {
        return name.chars().filter(character -> character != '-').count();
    }

    /** The explanation of what is wrong with a command line. */
    static String explain(ParseException wrong, Options options) {
        if (wrong instanceof UnrecognizedOptionException unknown) {
            return unknown(unknown.getOption(), options);
        }
        if (wrong instanceof MissingArgumentException missing) {
            Option option = missing.getOption();
            return "option --" + option.getLongOpt() + " needs a value " + option.getArgName();
        }
        return String.valueOf(wrong.getMessage());
    }

    /** @param typed an unknown option, or one with a value that it does not take */
    private static String unknown(String typed, Options options) {
        String name = typed.replaceFirst("=.*", "");
        if (options.hasLongOption(name)) {
            return "option " + name + " takes no value";
        }
        List<String> names = options.getOptions().stream()
                .map(option -> "--" + option.getLongOpt())
                .toList();
        return "unknown option '" + name + "'" + nearest(name, names);
    }
}
