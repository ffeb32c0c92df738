package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.io.InputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Safetensors: read as files of somebody who means harm, and written as the reference writes them. */
@ExtendWith(NativeScope.class)
class SafetensorsFileTest {
    private static final int VARIANTS = 1000;

    private static final String WRITE = """
            import sys, torch, safetensors.torch
            folder = sys.argv[1]
            torch.manual_seed(0)
            values = torch.tensor([0.0, 1.0, -1.5, 2.0, 0.25, 448.0]).view(2, 3)
            names = ("float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 float8_e8m0fnu float8_e4m3fnuz"
                     " float8_e5m2fnuz int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool").split()
            tensors = {"t." + n: values.abs().clamp(0, 100).to(getattr(torch, n)) for n in names}
            tensors |= {"scalar": torch.tensor(7.0), "empty": torch.zeros(0, 3), "ü\\"": torch.arange(3),
                        "complex": torch.ones(2, dtype=torch.complex64)}
            safetensors.torch.save_file(tensors, f"{folder}/python.safetensors", metadata={"format": "pt"})
            plain = {n: t for n, t in tensors.items() if n != "complex"}
            torch.save({n: t.double() for n, t in plain.items()}, f"{folder}/expected.pt")
            safetensors.torch.save_file(plain, f"{folder}/plain.safetensors", metadata={"format": "pt"})
            """;

    private static final String READ = """
            import sys, torch, safetensors, safetensors.torch
            folder = sys.argv[1]
            ours = safetensors.torch.load_file(f"{folder}/java.safetensors")
            theirs = safetensors.torch.load_file(f"{folder}/plain.safetensors")
            assert ours.keys() == theirs.keys()
            for name, tensor in theirs.items():
                assert ours[name].dtype == tensor.dtype and ours[name].shape == tensor.shape, name
                assert torch.equal(ours[name].double(), tensor.double()), name
            with safetensors.safe_open(f"{folder}/java.safetensors", "pt") as file:
                assert file.metadata() == {"format": "pt"}, file.metadata()
            """;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("x.safetensors");
    }

    private static byte[] bytes(String header, int data) {
        byte[] text = header.getBytes(UTF_8);
        return ByteBuffer.allocate(Long.BYTES + text.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
    }

    private void assertRefused(String why) {
        String message = assertThrows(InputException.class, () -> SafetensorsFile.read(file))
                .getMessage();
        assertTrue(message.startsWith(file + " "), message);
        assertTrue(message.contains(why), message);
        assertEquals(1, message.lines().count(), message);
    }

    private static Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Dtype dtype : Dtype.values()) {
            tensors.put(dtype.toString(), Samples.counting(dtype, 2, 3));
        }
        tensors.put("scalar", Samples.counting(Dtype.FLOAT32, 1).view(new long[0]));
        tensors.put("empty", torch.zeros(0, 3));
        tensors.put("turned", Samples.counting(Dtype.FLOAT32, 4, 5).t());
        return tensors;
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        Map<String, String> metadata = Map.of("format", "pt");
        SafetensorsFile.write(file, tensors(), metadata);
        byte[] first = Files.readAllBytes(file);
        try (SafetensorsFile.Contents read = SafetensorsFile.read(file)) {
            assertTrue(
                    Samples.same(tensors(), read.tensors()),
                    read.tensors().keySet().toString());
            assertEquals(metadata, read.metadata());
        }
        SafetensorsFile.write(file, tensors(), metadata);
        assertArrayEquals(first, Files.readAllBytes(file));
        assertEquals(
                0, (8 + ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong()) % 8);
    }

    @Test
    void exchangeWithPython() throws IOException {
        Python python = Python.withModules("torch", "safetensors.torch");
        python.run(WRITE, folder);
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(folder.resolve("expected.pt"));
        try (SafetensorsFile.Contents read = SafetensorsFile.read(folder.resolve("python.safetensors"))) {
            assertEquals(
                    "a tensor of C64 numbers", read.tensors().get("complex").toString());
            expected.forEach((name, value) -> {
                Tensor actual = ((Tensor) read.tensors().get(name)).to(ScalarType.Double);
                TensorAssert.assertIdentical((Tensor) value, actual, (String) name);
            });
        }
        try (SafetensorsFile.Contents plain = SafetensorsFile.read(folder.resolve("plain.safetensors"))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            plain.tensors().forEach((name, value) -> tensors.put(name, (Tensor) value));
            SafetensorsFile.write(folder.resolve("java.safetensors"), tensors, Map.of("format", "pt"));
        }
        python.run(READ, folder);
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("plain.safetensors")),
                Files.readAllBytes(folder.resolve("java.safetensors")));
    }

    /** There are no checksums: numbers may change, but nothing else may happen. */
    @Test
    void damageIsToldOrDoesNoHarm() throws IOException {
        SafetensorsFile.write(file, tensors(), Map.of("format", "pt"));
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < VARIANTS; i++) {
            byte[] bad = Damage.to(good, random);
            Files.write(file, bad);
            try (SafetensorsFile.Contents read = SafetensorsFile.read(file)) {
                long held = read.tensors().values().stream()
                        .mapToLong(value -> value instanceof Tensor tensor ? tensor.nbytes() : 0)
                        .sum();
                assertTrue(held <= bad.length, "variant " + i);
            } catch (InputException told) {
                assertTrue(told.getMessage().startsWith(file + " "), told.getMessage());
                assertEquals(1, told.getMessage().lines().count(), told.getMessage());
                refused++;
            }
        }
        assertTrue(refused > VARIANTS / 2, refused + " refused");
    }

    @Test
    void noTruncationGoesUnnoticed() throws IOException {
        SafetensorsFile.write(file, tensors(), Map.of());
        byte[] good = Files.readAllBytes(file);
        for (int length = 0; length < good.length; length += 11) {
            Files.write(file, Arrays.copyOf(good, length));
            assertRefused("is damaged or incomplete: ");
        }
        Files.write(file, Arrays.copyOf(good, good.length + 1));
        assertRefused("its tensors take");
    }

    /** With '' for quotes; the data has four bytes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}          | takes 32 bits, and its place has 8 bytes",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}          | its tensors take 8 bytes, and it has 4 behind",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]}}           | begins at byte 1 of the data, and the one before ends at 0",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}           | its tensors take 3 bytes, and it has 4",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | tensor b begins at byte 2 of the data, and the one before ends at 3",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]}} | tensor b begins at byte 3",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}} | it has two tensors named a",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}} | tensor a begins at byte 2",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}} | the size of tensor a overflows",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[0,9223372036854775807,9],\"data_offsets\":[0,0]}} | the size of tensor a overflows",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[18446744073709551620],\"data_offsets\":[0,4]}} | its header is not JSON",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[-4],\"data_offsets\":[0,4]}}          | has a size or an offset below 0",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4.0],\"data_offsets\":[0,4]}}         | a in its header is not of the form",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}}           | its place has -4 bytes",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4,4]}}         | has not all of dtype, shape and two data_offsets",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}                              | has not all of dtype",
                "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]}} | tensor a has dtype twice",
                "{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}}          | of the unknown type f32; refused",
                "{\"a\":{\"dtype\":\"F4\",\"shape\":[7],\"data_offsets\":[0,4]}}           | takes 28 bits, and its place has 4 bytes",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4],\"data_offsets\":[0,4]}} | too many dimensions",
                "{\"a\":[\"U8\",[4],[0,4]]}                                            | a in its header is not of the form",
                "{\"__metadata__\":{\"a\":1}}                                          | __metadata__ in its header is not of the form",
                "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}                              | its __metadata__ has a twice",
                "{\"__metadata__\":{},\"__metadata__\":{}}                            | __metadata__ twice",
                "{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}     | its header is not JSON",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}x          | its header is not JSON",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}{}         | something stands behind its header's last brace",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}            | its header is not JSON",
                "{}                                                                 | its tensors take 0 bytes, and it has 4",
                "[]                                                                 | its header does not begin with {",
                "''                                                                 | its header does not begin with {"
            })
    void aHeaderThatLies(String header, String why) throws IOException {
        Files.write(file, bytes(header, 4));
        assertRefused(why);
    }

    @Test
    void whatAHeaderMayHave() throws IOException {
        Files.write(
                file,
                bytes(
                        "{\"b\":{\"data_offsets\":[4,4],\"later\":{\"a\":[1]},\"shape\":[2,0],\"dtype\":\"F8_E4M3\"},"
                                + "\"f\":{\"dtype\":\"F4\",\"shape\":[8],\"data_offsets\":[0,4]},\"__metadata__\":null} \n ",
                        4));
        try (SafetensorsFile.Contents read = SafetensorsFile.read(file)) {
            assertEquals("[f, b]", read.tensors().keySet().toString());
            assertArrayEquals(new long[] {2, 0}, ((Tensor) read.tensors().get("b")).shape());
            assertEquals(Map.of(), read.metadata());
        }
        byte[] bool = bytes("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3);
        bool[bool.length - 1] = 2;
        Files.write(file, bool);
        try (SafetensorsFile.Contents read = SafetensorsFile.read(file)) {
            assertEquals(1, Samples.item(((Tensor) read.tensors().get("a")).get(2)));
        }
    }

    @Test
    void aHeaderThatIsTooLongIsNotRead() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.writeLong(Long.reverseBytes(100_000_001));
            sparse.write('{');
            sparse.setLength(100_000_100);
        }
        assertRefused("has a header of 100000001 bytes, where safetensors have at most 100000000; refused");
        Files.write(file, ByteBuffer.allocate(16).putLong(-1).array());
        assertRefused("its header should have 18446744073709551615 bytes, and the file has 16");
        Files.write(file, bytes("{\"a\u00ff", 0)); // is UTF-8 so far
        byte[] latin = bytes("{\"ab\":1}", 0);
        latin[10] = (byte) 0xff;
        Files.write(file, latin);
        assertRefused("its header is not UTF-8");
    }

    @Test
    void itIsKnownByItsBeginningOrItsName() throws IOException {
        byte[] whole = bytes("{}", 0);
        assertTrue(SafetensorsFile.isSafetensors(Files.write(folder.resolve("weights.bin"), whole)));
        assertTrue(SafetensorsFile.isSafetensors(Files.write(file, new byte[3])));
        assertFalse(SafetensorsFile.isSafetensors(Files.write(file, new byte[] {'P', 'K', 3, 4})));
        assertFalse(SafetensorsFile.isSafetensors(Files.write(folder.resolve("a.pt"), new byte[20])));
        assertFalse(SafetensorsFile.isSafetensors(folder.resolve("none.safetensors")));
    }

    @Test
    void whatNoReaderCouldReadIsNotWritten() {
        Tensor tensor = torch.zeros(1);
        for (String name : new String[] {"", "__metadata__"}) {
            assertThrows(
                    IllegalArgumentException.class, () -> SafetensorsFile.write(file, Map.of(name, tensor), Map.of()));
        }
        Tensor complex = tensor.to(ScalarType.ComplexDouble);
        assertThrows(IllegalArgumentException.class, () -> SafetensorsFile.write(file, Map.of("a", complex), Map.of()));
        assertFalse(Files.exists(file));
    }
}
