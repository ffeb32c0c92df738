package dynafilter.torchfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ScriptModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * TorchScript files damaged by chance. Each is refused in one line, or loaded by libtorch, which may refuse it, too: that it
 * never brings the process down is seen from this test coming to its end.
 */
@ExtendWith(NativeScope.class)
@Timeout(120)
class DamagedScriptTest {
    private static final int VARIANTS = 500; // of each kind
    private static final long MOST_GROWTH = 256 << 10; // KiB

    @TempDir
    private Path folder;

    private Path good;
    private Path bad;
    private int refused;
    private int loaded;

    @BeforeEach
    void writeScript() {
        good = folder.resolve("archive.pt");
        bad = folder.resolve("bad.pt");
        ScriptSamples.write(good);
    }

    private void loadOrRefuse() {
        try (PointerScope scope = new PointerScope();
                ScriptModule module = TorchScriptFile.load(bad, ComputeDevice.CPU)) {
            module.parameters().values().forEach(tensor -> assertTrue(tensor.numel() < 1 << 24));
            module.buffers().values().forEach(tensor -> assertTrue(tensor.numel() < 1 << 24));
            loaded++;
        } catch (InputException e) {
            assertTrue(e.getMessage().startsWith(bad + " "), e.getMessage());
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            refused++;
        }
    }

    /** The most memory the process has had so far, in KiB. */
    private static long peakMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.exists(status), "tells a process's memory");
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theUndamagedFileLoadsAlsoWhenItIsPackedAnew() throws IOException {
        Files.copy(good, bad);
        loadOrRefuse();
        ScriptSamples.zip(ScriptSamples.records(good)).write(bad);
        loadOrRefuse();
        assertEquals(2, loaded);
    }

    @Test
    void noDamageToTheFileDoesHarm() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        Random random = new Random(1);
        for (int i = 0; i < VARIANTS; i++) {
            Files.write(bad, Damage.to(bytes, random));
            loadOrRefuse();
        }
        for (int length = 0; length < bytes.length; length += 97) {
            Files.write(bad, Arrays.copyOf(bytes, length));
            loadOrRefuse();
        }
        assertTrue(refused > VARIANTS / 2, refused + " refused");
    }

    /** As someone would who means harm: the damage is in one record, and the checksums are right. */
    @Test
    void noDamagedRecordWithRightChecksumsDoesHarm() throws IOException {
        Map<String, byte[]> records = ScriptSamples.records(good);
        List<String> names = records.keySet().stream()
                .filter(name -> name.endsWith(".pkl") || name.endsWith(".py") || name.endsWith("version"))
                .toList();
        loadOrRefuseAll(names, records, 2);
        assertTrue(loaded > 10, loaded + " loaded"); // not all damage hurts
    }

    private void loadOrRefuseAll(List<String> names, Map<String, byte[]> records, long seed) throws IOException {
        Random random = new Random(seed);
        long before = peakMemory();
        for (int i = 0; i < 2 * VARIANTS; i++) {
            Map<String, byte[]> damaged = new LinkedHashMap<>(records);
            damaged.computeIfPresent(names.get(i % names.size()), (name, bytes) -> Damage.to(bytes, random));
            ScriptSamples.zip(damaged).write(bad);
            loadOrRefuse();
        }
        long growth = peakMemory() - before;
        assertTrue(growth < MOST_GROWTH, growth + " KiB more");
    }

    @Test
    void noRecordThatIsMissingRenamedOrAnotherDoesHarm() throws IOException {
        Map<String, byte[]> records = ScriptSamples.records(good);
        List<String> names = new ArrayList<>(records.keySet());
        for (String name : names) {
            for (String other : names) {
                Map<String, byte[]> changed = new LinkedHashMap<>(records);
                if (name.equals(other)) {
                    changed.remove(name);
                } else {
                    changed.put(name, records.get(other));
                }
                ScriptSamples.zip(changed).write(bad);
                loadOrRefuse();
            }
            for (String renamed : List.of(
                    name + "x",
                    name.replace("archive/", ""),
                    name.replace('/', '\\'),
                    "archive/../" + name,
                    "/" + name)) {
                Map<String, byte[]> changed = new LinkedHashMap<>(records);
                changed.put(renamed, changed.remove(name));
                ScriptSamples.zip(changed).write(bad);
                loadOrRefuse();
            }
            Map<String, byte[]> twice = new LinkedHashMap<>(records);
            twice.put(name.toUpperCase(Locale.ROOT), records.get(name));
            ScriptSamples.zip(twice).write(bad);
            loadOrRefuse();
        }
        assertTrue(refused > names.size(), refused + " refused");
    }
}
