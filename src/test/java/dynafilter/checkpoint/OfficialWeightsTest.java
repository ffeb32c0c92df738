package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.io.Checksum;
import dynafilter.io.DownloadTestCase;
import dynafilter.io.Downloader;
import dynafilter.io.FileServer;
import dynafilter.io.InputException;
import dynafilter.io.OutputException;
import dynafilter.io.ProgressListener;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code --backbone imagenet} from a server on this machine, with random weights in the official ones' place. */
@ExtendWith(NativeScope.class)
@Timeout(60)
class OfficialWeightsTest {
    private static final String TAG = "\"v1\"";

    @TempDir
    private Path folder;

    private final Map<String, Tensor> backbone = new LinkedHashMap<>();
    private byte[] content;
    private String name;
    private Path kept;

    /** A whole ResNet-18's state dict, but for the layers between. */
    @BeforeEach
    void makeWeights() throws IOException {
        Map<String, Tensor> saved = new LinkedHashMap<>();
        StateDict.random(NetworkShape.ofResNet18Stem(FilterKind.STATIC, 10), 7).forEach((key, tensor) -> {
            if (key.startsWith(BackboneArchitecture.PREFIX)) {
                backbone.put(key, tensor);
                saved.put(key.substring(BackboneArchitecture.PREFIX.length()), tensor);
            }
        });
        saved.put("layer2.0.conv1.weight", torch.randn(128, 64, 3, 3));
        saved.put("fc.bias", torch.randn(1000));
        Path file = folder.resolve("made.pth");
        TorchFile.write(file, saved);
        content = Files.readAllBytes(file);
        name = "resnet18-" + Checksum.sha256Of(content).substring(0, 8) + ".pth";
        kept = folder.resolve("backbones").resolve(name);
    }

    private BackboneSource source(URI uri) {
        return source(DownloadTestCase.downloader(), uri);
    }

    private BackboneSource source(Downloader downloader, URI uri) {
        return new BackboneSource(downloader, uri, folder.resolve("backbones"));
    }

    private void assertLoads(BackboneSource source, String what, ProgressListener progress) {
        try (PretrainedBackbone loaded = source.load(what, "layer1", 32, ComputeDevice.CPU, progress)) {
            assertSame(ResNetArchitecture.STEM, loaded.architecture());
            assertIdentical(backbone, loaded.state());
        }
    }

    private String refusal(BackboneSource source, String what) {
        String message = assertThrows(
                        InputException.class,
                        () -> source.load(what, "layer1", 32, ComputeDevice.CPU, ProgressListener.NONE))
                .getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private void assertRefused(BackboneSource source, String part) {
        String message = refusal(source, "imagenet");
        assertTrue(message.contains(part), message);
        assertTrue(message.contains("or train with --backbone FILE (scripts/export_resnet18.py writes one)"), message);
        assertFalse(Files.exists(kept));
    }

    @Test
    void bothNamesFetchTheWeightsOnceAndBuildTheSameBackbone() throws IOException {
        List<Long> done = new ArrayList<>();
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, content, TAG))) {
            BackboneSource source = source(server.uri("/models/" + name));
            assertLoads(source, "imagenet", (now, total) -> done.add(now));
            assertLoads(source, name, ProgressListener.NONE);
            assertLoads(source, kept.toString(), ProgressListener.NONE);
            assertEquals(1, server.requests().size());
        }
        assertEquals(content.length, done.get(done.size() - 1));
        assertLoads(source(URI.create("http://127.0.0.1:9/" + name)), "imagenet", ProgressListener.NONE); // offline
    }

    @Test
    void aBrokenDownloadGoesOnThroughARedirect() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> {
            if (!exchange.getRequestURI().getPath().startsWith("/mirror")) {
                exchange.getResponseHeaders().set("Location", "/mirror/" + name);
                exchange.sendResponseHeaders(302, -1);
            } else {
                FileServer.serve(exchange, content, TAG, n == 2 ? 1000 : content.length); // the first time it is cut
            }
        })) {
            Files.createDirectories(kept.getParent());
            Files.write(kept.resolveSibling(name + ".part"), Arrays.copyOf(content, content.length / 3));
            assertLoads(source(server.uri("/models/" + name)), "imagenet", ProgressListener.NONE);
            assertTrue(server.requests().stream().anyMatch(request -> request.contains("bytes=" + content.length / 3)));
        }
    }

    @Test
    void saysWhyTheWeightsCannotBeHadAndTheWaysOut() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> exchange.sendResponseHeaders(404, -1))) {
            assertRefused(source(server.uri("/" + name)), "is not there (HTTP status 404)");
        }
        byte[] other = content.clone();
        other[other.length / 2] ^= 1;
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, other, TAG))) {
            assertRefused(source(server.uri("/" + name)), "it was changed or damaged on the way");
        }
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, content, TAG, 1000))) {
            assertRefused(source(server.uri("/" + name)), "run the same command again, it continues after");
        }
        assertRefused(source(URI.create("http://127.0.0.1:9/" + name)), "cannot reach 127.0.0.1");
        Files.delete(kept.resolveSibling(name + ".part"));
        Downloader full = DownloadTestCase.downloader(out -> new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        });
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, content, TAG))) {
            BackboneSource source = source(full, server.uri("/" + name));
            String message = assertThrows(
                            OutputException.class, () -> assertLoads(source, "imagenet", ProgressListener.NONE))
                    .getMessage();
            assertTrue(message.startsWith("no space left for"), message);
        }
    }

    @Test
    void aFileOfTheOfficialNameWithOtherContentIsRefused() throws IOException {
        Path changed = folder.resolve(name);
        Files.write(changed, content);
        Files.write(changed, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
        String message = refusal(source(URI.create("http://127.0.0.1:9/" + name)), changed.toString());
        assertTrue(message.contains("it is damaged or changed; download it again"), message);
    }
}
