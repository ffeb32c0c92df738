package dynafilter.torchfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.InputException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TorchFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void keepsTensorsOfEveryTypeAndShape(Dtype dtype) {
        Map<String, Tensor> written = new LinkedHashMap<>();
        for (long[] shape : List.of(new long[] {}, new long[] {0, 3}, new long[] {5}, new long[] {2, 1, 3, 4})) {
            written.put(Arrays.toString(shape), Samples.counting(dtype, shape));
        }
        Object read = roundTrip(written);
        assertTrue(Samples.same(written, read));
        assertEquals(new ArrayList<>(written.keySet()), new ArrayList<>(((Map<?, ?>) read).keySet()));
    }

    @Test
    void keepsPlainValuesAndTheirTypes() {
        Map<String, Object> written = new LinkedHashMap<>();
        written.put("none", null);
        written.put("bools", List.of(true, false));
        written.put(
                "ints",
                List.of(0L, 1L, -1L, 255L, 256L, 65536L, 1L << 31, -(1L << 31), Long.MAX_VALUE, Long.MIN_VALUE));
        written.put("wide", BigInteger.TWO.pow(80));
        written.put("floats", List.of(0.0, -0.0, 1e-300, Double.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NaN));
        written.put("text \u00e9\u4e16\ud83d\ude00", "line\nline \u00e9\u4e16\ud83d\ude00\u0000");
        written.put("tuple", Tuple.of(1L, Tuple.of(), List.of(), Map.of(), null));
        written.put("numbered", Map.of(3L, "three"));
        assertEquals(written, roundTrip(written));
    }

    @Test
    void readsEveryIntAsLong() {
        assertEquals(Map.of("seed", 7L, "state", Map.of(0L, 1L)), roundTrip(Map.of("seed", 7, "state", Map.of(0, 1))));
    }

    @Test
    void writesStridedTensorsContiguously() {
        Tensor transposed = Samples.counting(Dtype.FLOAT32, 2, 3).t();
        Tensor slice = Samples.counting(Dtype.INT32, 4, 4).slice(1, new LongOptional(1), new LongOptional(3), 1);
        Map<?, ?> read = (Map<?, ?>) roundTrip(Map.of("t", transposed, "s", slice));
        assertTrue(((Tensor) read.get("t")).is_contiguous());
        assertTrue(Samples.same(transposed, read.get("t")));
        assertTrue(Samples.same(slice, read.get("s")));
    }

    @Test
    void equalValuesGiveEqualBytes() throws IOException {
        Path first = folder.resolve("first.pt");
        Path second = folder.resolve("second.pt");
        Samples.checkpoint().write(first);
        Samples.checkpoint().write(second);
        assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
    }

    @Test
    void tensorsOutliveTheScopeOfTheCallerAndMayBeClosedTwice() {
        Path file = folder.resolve("a.pt");
        try (Checkpoint checkpoint = Samples.checkpoint()) {
            checkpoint.write(file);
        }
        Object read;
        try (PointerScope scope = new PointerScope()) {
            read = TorchFile.read(file);
        }
        assertTrue(Samples.same(Checkpoint.read(file).model(), ((Map<?, ?>) read).get("model")));
        TorchFile.closeTensors(read);
        TorchFile.closeTensors(read);
    }

    @Test
    void readingAndWritingLeakNoNativeMemory() {
        Path file = folder.resolve("a.pt");
        Checkpoint checkpoint = Samples.checkpoint();
        writeAndRead(checkpoint, file);
        System.gc();
        long before = Pointer.totalCount();
        for (int i = 0; i < 5; i++) {
            writeAndRead(checkpoint, file);
        }
        assertTrue(Pointer.totalCount() <= before, () -> Pointer.totalCount() + " pointers, before " + before);
    }

    private static void writeAndRead(Checkpoint checkpoint, Path file) {
        checkpoint.write(file);
        TorchFile.closeTensors(TorchFile.read(file));
    }

    @Test
    void writingAndReadingACheckpointOfTwoMegabytesIsQuick() {
        Map<String, Tensor> state = Map.of("w", Samples.counting(Dtype.FLOAT32, 512, 1024));
        roundTrip(state);
        long start = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            TorchFile.closeTensors(roundTrip(state));
        }
        long millis = (System.nanoTime() - start) / 10_000_000;
        assertTrue(millis < 500, millis + " ms a round trip");
    }

    @Test
    void refusesValuesThatPythonWouldNotTakeBackAndSaysWhereTheyAre() {
        Path file = folder.resolve("a.pt");
        Map<String, ?> value = Map.of("recipe", List.of(Map.of("day", LocalDate.of(2020, 1, 1))));
        String message = assertThrows(IllegalArgumentException.class, () -> TorchFile.write(file, value))
                .getMessage();
        assertEquals("a checkpoint cannot hold a java.time.LocalDate at checkpoint[recipe][0][day]", message);
        assertThrows(IllegalArgumentException.class, () -> TorchFile.write(file, Map.of("t", new Tensor())));
        assertThrows(IllegalArgumentException.class, () -> TorchFile.write(file, Map.of("m", Map.of(1.5, 1))));
        List<Object> endless = new ArrayList<>();
        endless.add(endless);
        assertThrows(IllegalArgumentException.class, () -> TorchFile.write(file, Map.of("l", endless)));
        assertFalse(Files.exists(file));
    }

    @Test
    void namesWhatIsWrongWithTheFileItIsGiven() throws IOException {
        Path absent = folder.resolve("absent.pt");
        assertEquals(absent + " does not exist; give a file that torch.save wrote", failure(absent));
        assertEquals(folder + " is a folder; give a file that torch.save wrote", failure(folder));
        Path page = Files.writeString(folder.resolve("page.pth"), "<!DOCTYPE html>");
        assertEquals(page + " is not a file that torch.save wrote; give a .pt or .pth file", failure(page));
        Path empty = Files.createFile(folder.resolve("empty.pt"));
        assertEquals(empty + " is empty; copy, download or save it again", failure(empty));
    }

    private static String failure(Path file) {
        return assertThrows(InputException.class, () -> TorchFile.read(file)).getMessage();
    }

    private Object roundTrip(Map<String, ?> value) {
        Path file = folder.resolve("value.pt");
        TorchFile.write(file, value);
        return TorchFile.read(file);
    }
}
