package dynafilter.runfolder;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.function.DoublePredicate;

/**
 * Makes a component of a settings record a setting: an option of the same name with its help and range, and a value of
 * config.json and of checkpoints. A new setting needs this annotation, and the code that uses the component, and nothing else.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** The value of a whole number that the program is to choose: see {@link #open}. */
    int OPEN = -1;

    /** The place among the settings that files hold, counted from 1; a new setting takes the next free number. */
    int place();

    /** The name of the option's value in the help; empty for a flag, whose component is a boolean. */
    String argument() default "";

    /** The help: what the setting does, with its unit. */
    String help();

    /** The help of {@code --no-NAME}: for a flag that is on by default. */
    String offHelp() default "";

    /** The default as the help shows it, where that is not the component's value alone. */
    String usual() default "";

    /** The word for a value that the program chooses, which the component holds as {@link #OPEN}; empty: there is none. */
    String open() default "";

    /** The range of a number. */
    Range range() default Range.ANY;

    /** The words of a run's header for a value other than the default, which stands for {@code {}}; empty: no words of its own. */
    String header() default "";

    /** Further traits of the setting. */
    Trait[] traits() default {};

    /** The ranges of numbers. */
    enum Range {
        /** All values of its type. */
        ANY("", value -> true),
        /** 1 and more. */
        COUNT("must be at least 1", value -> value >= 1),
        /** Whole numbers from 0, which mostly stands for no limit. */
        LIMIT("must be at least 0", value -> value >= 0),
        /** Finite numbers from 0. */
        NOT_NEGATIVE("must be 0 or more", value -> value >= 0 && Double.isFinite(value)),
        /** [0, 1). */
        SHARE("must be at least 0 and below 1", value -> value >= 0 && value < 1),
        /** [0, 1]. */
        PROBABILITY("must be from 0 to 1", value -> value >= 0 && value <= 1),
        /** Finite numbers above 0. */
        POSITIVE("must be above 0", value -> value > 0 && Double.isFinite(value));

        private final String rule;

        @SuppressWarnings("ImmutableEnumChecker") // lambdas that capture nothing
        private final DoublePredicate holds;

        Range(String rule, DoublePredicate holds) {
            this.rule = rule;
            this.holds = holds;
        }

        boolean contains(Number value) {
            return holds.test(value.doubleValue());
        }

        /** The rule of the range, for messages about a value outside it. */
        String rule() {
            return rule;
        }
    }

    /** The traits of settings. */
    enum Trait {
        /** The finished steps of a run depend on the value: resuming refuses another one. */
        FIXED,
        /** A file or folder: the processes of a run on several machines may call it differently. */
        PATH,
        /** Runs that differ in it could not be compared: all variants of a comparison share the value. */
        SHARED,
        /** A limit of one call and not of the run: a resumed run does not take it over. */
        ONCE
    }
}
