package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A test of this processor's convolutions with all of its instructions. On some processors (AMD Zen 5) the AVX-512 kernels of
 * oneDNN 3.7, which libtorch 2.10 brings, are off by half of the largest value, without a word, for filters of one place and
 * 40 or 100 output channels; those for AVX2 are right. oneDNN reads its limit once, at its first use, so a process of its own runs
 * the test before; it does so once on each machine, since the answer is kept beside the unpacked natives.
 */
public final class ConvolutionProof {
    /** The environment variable that limits the instructions of oneDNN. A caller who sets it has chosen. */
    static final String LIMIT = "ONEDNN_MAX_CPU_ISA";

    /** No limit. */
    static final String ALL = "DEFAULT";

    private static final String SAFE = "AVX2";
    private static final long LONGEST_SECONDS = 120; // it may have to unpack the natives
    private static final double TOLERANCE = 1e-4; // of the largest value; what is wrong is wrong by tenths
    private static final long[] ONES = {1, 1};
    private static final long MOST_IMAGES = 64; // of a batch; the kernels for one image are others
    private static final long PIXELS = 64 * 32 * 32; // of a batch, about: a test takes tens of milliseconds

    /** The convolutions that are tested where no network is known. */
    private static final List<ConvolutionSizes> CASES = Stream.of(
                    "64,40,1,1,0,1,8,8", "64,100,1,1,0,1,8,8", "24,20,3,1,1,1,8,8", "64,64,3,1,1,1,8,8")
            .map(ConvolutionSizes::of)
            .toList();

    private ConvolutionProof() {}

    /**
     * Runs the test, in a process of its own.
     *
     * @param arguments the name of the file to write the answer to, and the sizes of the convolutions
     */
    public static void main(String[] arguments) throws IOException {
        NativeRuntime.load();
        boolean right = Stream.of(arguments).skip(1).map(ConvolutionSizes::of).allMatch(ConvolutionProof::isRight);
        Files.writeString(Path.of(arguments[0]), right ? ALL : SAFE);
    }

    /**
     * The value of {@link #LIMIT} that this machine needs. Where the test cannot run, since no file can be made or it takes too long,
     * there is a limit: it costs time, and without it results might be wrong.
     *
     * @param folder the folder in which the answer is kept; it need neither exist nor be writable
     * @return empty where no limit is needed, and where the caller has chosen one
     */
    static Optional<String> limit(Path folder) {
        if (System.getenv(LIMIT) != null || processor().isEmpty()) {
            return Optional.empty();
        }
        boolean right = answer(folder, "", CASES).filter(ALL::equals).isPresent();
        return right ? Optional.empty() : Optional.of(SAFE);
    }

    /**
     * True: all of these convolutions are right with all instructions of this processor; false: one is wrong, or the test cannot
     * run.
     *
     * @param folder the folder in which the answer is kept
     */
    static boolean holds(Path folder, List<ConvolutionSizes> sizes) {
        List<ConvolutionSizes> cases = sizes.stream().distinct().toList();
        return answer(folder, "-" + hex(cases.toString()), cases)
                .filter(ALL::equals)
                .isPresent();
    }

    private static Optional<String> answer(Path folder, String name, List<ConvolutionSizes> cases) {
        return processor()
                .map(key ->
                        folder.resolve("dynafilter-convolutions-" + NativeRuntime.torchVersion() + "-" + key + name))
                .flatMap(file -> kept(file).or(() -> tried(file, cases)));
    }

    private static String hex(String text) {
        return HexFormat.of().toHexDigits(text.hashCode());
    }

    /** A name for this processor; empty where it has no AVX-512, whose kernels are the ones in question. */
    private static Optional<String> processor() {
        List<String> facts = CpuInfo.lines().stream()
                .filter(line -> line.matches("(vendor_id|cpu family|model|stepping|flags)\\s*:.*"))
                .toList();
        return facts.stream().anyMatch(line -> line.contains(" avx512f"))
                ? Optional.of(hex(String.join("\n", facts)))
                : Optional.empty();
    }

    private static Optional<String> kept(Path file) {
        try {
            String text = Files.readString(file);
            return Stream.of(ALL, SAFE).filter(text::equals).findFirst();
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    private static Optional<String> tried(Path file, List<ConvolutionSizes> cases) {
        List<String> options = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1"));
        Stream.of("org.bytedeco.javacpp.cachedir", "user.home")
                .filter(name -> System.getProperty(name) != null)
                .forEach(name -> options.add("-D" + name + "=" + System.getProperty(name)));
        List<String> words = JavaCommand.words(options, ConvolutionProof.class);
        try {
            Path answer = Files.createTempFile("convolutions", ".txt");
            try {
                words.add(answer.toString());
                cases.forEach(sizes -> words.add(sizes.toString()));
                if (!run(words)) {
                    return Optional.empty();
                }
                Optional<String> found = kept(answer);
                found.ifPresent(text -> keep(file, text));
                return found;
            } finally {
                Files.delete(answer);
            }
        } catch (IOException untried) {
            return Optional.empty();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static boolean run(List<String> words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put(LIMIT, ALL);
        Process process = builder.start();
        boolean ended = process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        return ended && process.exitValue() == 0;
    }

    /** Writes the answer to a file; where that fails the test runs again the next time. */
    private static void keep(Path file, String answer) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, answer);
        } catch (IOException unwritable) {
            // The folder is read-only or full, which those complain of who need it.
        }
    }

    /** Compares a convolution and its gradients with those in double precision, which oneDNN has no part in. */
    private static boolean isRight(ConvolutionSizes sizes) {
        long images = Math.max(2, Math.min(MOST_IMAGES, PIXELS / (sizes.height() * sizes.width())));
        try (PointerScope scope = new PointerScope()) {
            Tensor pixels = torch.rand(images, sizes.inputs(), sizes.height(), sizes.width())
                    .contiguous(MemoryFormat.ChannelsLast);
            Tensor filters = torch.rand(sizes.outputs(), sizes.inputs() / sizes.groups(), sizes.side(), sizes.side());
            Tensor[] exact = convolved(pixels.to(ScalarType.Double), filters.to(ScalarType.Double), sizes);
            Tensor[] found = convolved(pixels, filters, sizes);
            if (!isFusedRight(pixels, filters, sizes, exact[0])) {
                return false;
            }
            for (int i = 0; i < exact.length; i++) {
                if (!Deviation.of(exact[i], found[i]).isWithin(TOLERANCE)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Compares what {@link FusedConvolutions} make of a convolution; where there are none nothing can be wrong. */
    private static boolean isFusedRight(Tensor pixels, Tensor filters, ConvolutionSizes sizes, Tensor exact) {
        try (FusedConvolutions fused = FusedConvolutions.find().orElse(null);
                InferenceMode inference = new InferenceMode()) {
            if (fused == null) {
                return true;
            }
            Tensor bias = torch.rand(sizes.outputs());
            Tensor biased = exact.add(bias.to(ScalarType.Double).view(1, -1, 1, 1));
            FusedConvolutions.Layer layer = fused.layer(filters, bias, sizes.stride(), sizes.padding(), sizes.groups());
            Tensor sum = torch.rand_like(fused.apply(pixels, layer, true)).contiguous(MemoryFormat.ChannelsLast);
            Tensor summed = biased.add(sum.to(ScalarType.Double)).relu();
            fused.addTo(sum, pixels, layer);
            return Deviation.of(biased.relu(), fused.apply(pixels, layer, true)).isWithin(TOLERANCE)
                    && Deviation.of(biased, fused.apply(pixels, layer, false)).isWithin(TOLERANCE)
                    && Deviation.of(summed, sum).isWithin(TOLERANCE);
        }
    }

    /** The result of a convolution, and the gradients of its inputs. */
    private static Tensor[] convolved(Tensor pixels, Tensor filters, ConvolutionSizes sizes) {
        Tensor from = pixels.detach();
        Tensor by = filters.detach();
        from.set_requires_grad(true);
        by.set_requires_grad(true);
        long[] stride = {sizes.stride(), sizes.stride()};
        long[] padding = {sizes.padding(), sizes.padding()};
        Tensor made = torch.conv2d(from, by, new TensorOptional(), stride, padding, ONES, sizes.groups());
        made.pow(new Scalar(2)).sum().backward();
        return new Tensor[] {made.detach(), from.grad(), by.grad()};
    }
}
