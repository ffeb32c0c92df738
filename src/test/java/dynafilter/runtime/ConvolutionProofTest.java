package dynafilter.runtime;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.NativeScope;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeScope.class)
class ConvolutionProofTest {
    /** Numbers of labels at which the kernels of some processors are wrong, and some at which they are not. */
    @ParameterizedTest
    @ValueSource(longs = {1, 3, 10, 17, 33, 40, 64, 65, 100, 112, 130})
    void aConvolutionWithAnyNumberOfFiltersIsRight(long labels) {
        torch.manual_seed(1);
        Tensor features = torch.randn(16, 64, 8, 8).contiguous(MemoryFormat.ChannelsLast);
        Tensor filters = torch.randn(labels, 64, 1, 1);
        Tensor exact = torch.matmul(
                features.to(ScalarType.Double).permute(0, 2, 3, 1),
                filters.to(ScalarType.Double).view(labels, 64).t());
        Tensor found = torch.conv2d(features, filters);
        assertClose(exact, found.permute(0, 2, 3, 1), 1e-5, labels + " filters");
    }

    @Test
    void theAnswerIsKeptAndAskedForOnce(@TempDir Path folder) throws IOException {
        Optional<String> first = ConvolutionProof.limit(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) { // none on a processor that need not be asked
                assertEquals(first.orElse("DEFAULT"), Files.readString(file));
                Files.writeString(file, "AVX2");
                assertEquals(Optional.of("AVX2"), ConvolutionProof.limit(folder));
            }
        }
    }

    @Test
    void withoutATestThereIsALimit(@TempDir Path folder) {
        assumeTrue(System.getenv("ONEDNN_MAX_CPU_ISA") == null, "the caller has chosen the instructions");
        assumeTrue(
                CpuInfo.lines().stream().anyMatch(line -> line.contains(" avx512f")), "this processor need not be asked");
        String home = System.getProperty("java.home");
        System.setProperty("java.home", folder.resolve("none").toString()); // so that no process can be started
        try {
            assertEquals(Optional.of("AVX2"), ConvolutionProof.limit(folder));
        } finally {
            System.setProperty("java.home", home);
        }
    }

    /** Where some need a limit, since 40 or 100 filters of one place are wrong without; elsewhere nobody asks. */
    @ParameterizedTest
    @ValueSource(ints = {10, 40, 100})
    void theConvolutionsOfTheNetworkAreRightForAnyNumberOfLabels(int labels, @TempDir Path folder) {
        assumeTrue(ConvolutionProof.limit(folder).isPresent(), "this processor needs no limit, or has one already");
        List<ConvolutionSizes> sizes = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, labels)
                .convolutions()
                .orElseThrow();
        assertTrue(ConvolutionProof.holds(folder, sizes));
        ConvolutionSizes wrong = new ConvolutionSizes(64, 40, 1, 1, 0, 1, 8, 8);
        assertFalse(ConvolutionProof.holds(folder, List.of(wrong)));
    }
}
