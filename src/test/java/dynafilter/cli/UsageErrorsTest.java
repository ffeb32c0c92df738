package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every one is found before anything is read or loaded: {@code --data none} and such never come up. */
class UsageErrorsTest {
    private static CommandResult run(String line) {
        return CommandResult.of((Object[]) line.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "trian, 'train'",
        "evla --model x, 'eval'",
        "--hlep, '--help'",
        "version, '--version'",
        "help trian, 'train'",
        "train --epoch 3, '--epochs'",
        "train --learning-rate 1, unknown option '--learning-rate'",
        "train --optimiser sgd, '--optimizer'",
        "train --epohcs=3, '--epochs'",
        "data downlod, 'download'",
        "frobnicate, dynafilter --help"
    })
    void anUnknownWordIsNamedWithTheNearestOne(String line, String expected) {
        run(line).assertRefused(expected);
    }

    @Test
    void nothingIsSuggestedWhereNothingIsNear() {
        run("frobnicate").assertRefused("unknown command 'frobnicate'; ");
    }

    @ParameterizedTest
    @CsvSource({
        "train --epochs, option --epochs needs a value N",
        "train --epochs --lr 0.1, option --epochs needs a value N",
        "train --resume --overwrite, option --resume needs a value",
        "train --augment=yes, option --augment takes no value",
        "eval, option --model is missing",
        "eval --model, option --model needs a value",
        "maps, option --model is missing",
        "data, 'one of download, verify, info, audit and augmented'",
        "data info a b, 'one of download, verify, info, audit and augmented, not [info, a, b]'",
        "data info --similarity 0.5, '--similarity is for `data audit`, not for info; leave it out'",
        "data look, 'no action ''look'''",
        "data info --scale 0.3, '--scale is for `data augmented`, not for info; leave it out'",
        "data verify --out x.png, '--out is for `data audit` and `data augmented`, not for verify; leave it out'",
        "data augmented --scale 2, --scale 2: give the least share of the area",
        "data augmented --data sample --out sheet.jpg, figures are .png or .svg",
        "train --recipe better, --recipe better: use default or best",
        "train --recipe best --config x, --recipe and --config are two recipes",
        "train now, no argument 'now'",
        "eval --model x now, no argument 'now'",
        "train -- --epochs, no argument '--epochs'",
        "train -e 3, unknown option '-e'",
    })
    void whatIsMissingOrTooMuchIsNamed(String line, String expected) {
        run(line).assertRefused(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "--filters, 'dynamic, static, single'",
        "--freeze, 'none, all, all-but-bn'",
        "--optimizer, 'sgd, adamw, muon'",
        "--schedule, 'onecycle, cosine, step, constant'",
        "--precision, 'fp32, tf32, bf16'",
        "--progress, 'auto, bar, plain or none'",
        "--device, 'auto, cpu, cuda or cuda:N'"
    })
    void anUnknownChoiceListsTheChoices(String option, String choices) {
        run("train --data none " + option + " gpu").assertRefused(option + " gpu: ", choices);
        CommandResult.of("train", option, "").assertRefused("option " + option + " needs a value");
        CommandResult.of("train", option + "=").assertRefused("option " + option + " needs a value");
    }

    @ParameterizedTest
    @CsvSource({
        "epochs, 0, must be at least 1",
        "epochs, -3, must be at least 1",
        "epochs, three, not a number",
        "epochs, 1.5, not a whole number",
        "epochs, 1e-99999999, not a whole number",
        "epochs, 99999999999, too large",
        "epochs, 1e999999999, too large",
        "seed, 99999999999999999999, too large",
        "seed, 0x10, not a number",
        "batch-size, 0, must be at least 1",
        "accumulate, 0, must be at least 1",
        "limit-train, -1, must be at least 0",
        "max-steps, -1, must be at least 0",
        "max-minutes, -0.5, must be 0 or more",
        "lr, 0, must be above 0",
        "lr, -0.1, must be above 0",
        "lr, NaN, not a number",
        "lr, 1e999, too large",
        "lr, 1d, not a number",
        "momentum, 1, at least 0 and below 1",
        "label-smoothing, 2, at least 0 and below 1",
        "val-split, 1, at least 0 and below 1",
        "ema, -0.1, at least 0 and below 1",
        "threads, 0, must be at least 1",
        "threads, two, not a number",
        "threads, 2.5, not a whole number",
        "threads, 2147483647, must be at most 1024",
        "device, cuda:x, no such device",
        "device, cuda:, no such device",
    })
    void aValueOutOfRangeIsNamedWithItsOption(String option, String value, String expected) {
        run("train --data none --" + option + " " + value).assertRefused("--" + option + " ", expected);
    }

    @ParameterizedTest
    @CsvSource({
        "train --no-augment --mixup 0.2, '--mixup 0.2 with --no-augment, which leaves the images as they are'",
        "train --augment --no-augment, --augment and --no-augment contradict",
        "train --resume last --overwrite, neither --overwrite nor --config",
        "train --resume last --config c.json, neither --overwrite nor --config",
        "train --data sample --data other, 'option --data is given 2 times, as sample and other'",
        "train --epochs 1 --epochs=1 --epochs 2, option --epochs is given 3 times",
        "eval --model a --model b, option --model is given 2 times",
    })
    void optionsThatContradictEachOtherAreRefused(String line, String expected) {
        run(line).assertRefused(expected);
    }

    /** The shell has taken the quotes that are its own. */
    @ParameterizedTest
    @CsvSource({"device, no such device", "filters, 'dynamic, static, single'", "epochs, not a number"})
    void quotesInAValueAreOfTheValueWithAndWithoutAnEqualsSign(String option, String expected) {
        for (String value : new String[] {"\"x\"", "\"x", "\""}) {
            CommandResult apart = CommandResult.of("train", "--data", "none", "--" + option, value);
            apart.assertRefused("--" + option + " " + value + ": ", expected);
            CommandResult joined = CommandResult.of("train", "--data", "none", "--" + option + "=" + value);
            assertEquals(apart.err(), joined.err());
        }
    }

    @Test
    void equalsSignsAndWholeNumbersInAnyNotationAreUnderstood() {
        run("train --epochs=1e1 --batch-size=0").assertRefused("--batch-size 0: ");
        run("train --threads=1e0 --lr=1e-1 --seed=-5 --limit-train=-1").assertRefused("--limit-train -1: ");
    }

    @Test
    void anErrorIsOneLineWhateverTheUserTyped() {
        CommandResult outcome =
                CommandResult.of("train", "--data", "none\nat all\r\n", "--backbone", "random", "--threads", "1");
        outcome.assertRefused("none at all");
        assertEquals("", outcome.out());
    }
}
