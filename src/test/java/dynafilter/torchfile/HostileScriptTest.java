package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** TorchScript files made to do harm: refused with one line each, before libtorch sees them where it says so. */
@ExtendWith(NativeScope.class)
@Timeout(60)
class HostileScriptTest {
    private static final String CODE = "archive/code/__torch__/dynafilter.py";

    @TempDir
    private Path folder;

    private Path file;
    private Map<String, byte[]> records;

    @BeforeEach
    void writeScript() {
        file = folder.resolve("archive.pt");
        ScriptSamples.write(file);
        records = ScriptSamples.records(file);
    }

    private void refuses(String message) {
        String actual = assertThrows(InputException.class, () -> TorchScriptFile.load(file, ComputeDevice.CPU))
                .getMessage();
        assertTrue(actual.startsWith(file + " ") && actual.contains(message), actual);
        assertTrue(actual.lines().count() == 1 && actual.length() < 500, actual);
    }

    private void refuses(Map<String, byte[]> changed, String message) throws IOException {
        ScriptSamples.zip(changed).write(file);
        refuses(message);
        writeScript();
    }

    private void refusesCode(String more, String message) throws IOException {
        records.put(CODE, (new String(records.get(CODE), UTF_8) + more).getBytes(UTF_8));
        refuses(records, message);
    }

    private void refusesPickle(PickleBytes pickle, String message) throws IOException {
        records.put("archive/data.pkl", pickle.stop());
        refuses(records, message);
    }

    /** The start of an object of a class, up to its attributes. */
    private static PickleBytes object(PickleBytes pickle, String module, String name) {
        return pickle.global(module, name).op(Opcodes.EMPTY_TUPLE, Opcodes.NEWOBJ, Opcodes.EMPTY_DICT, Opcodes.MARK);
    }

    private static PickleBytes network() {
        return object(new PickleBytes(), "__torch__.dynafilter", "Network");
    }

    /** The network's attribute "half": a view of float storage 0, which is said to have these many elements. */
    private static PickleBytes tensor(long elements, long[] sizes, long[] strides) {
        return network()
                .text("half")
                .global("torch._utils", "_rebuild_tensor_v2")
                .op(Opcodes.MARK)
                .storage("FloatStorage", "0", elements)
                .number(0)
                .numbers(sizes)
                .numbers(strides)
                .op(Opcodes.NEWFALSE)
                .global("collections", "OrderedDict")
                .op(Opcodes.EMPTY_TUPLE, Opcodes.REDUCE, Opcodes.TUPLE, Opcodes.REDUCE);
    }

    private static PickleBytes built(PickleBytes attributes) {
        return attributes.op(Opcodes.SETITEMS, Opcodes.BUILD);
    }

    @Test
    void refusesCodeThatWouldRunWhileLoading() throws IOException {
        refusesCode(
                "  def __setstate__(self, state: int) -> None:\n    pass\n",
                "would run while the file is loaded; refused");
        refusesPickle(
                built(object(new PickleBytes(), "__torch__.torch.classes.quantized", "Conv2dPackedParamsBase")),
                "holds an object of the C++ class __torch__.torch.classes.quantized.Conv2dPackedParamsBase");
        refusesPickle(
                new PickleBytes()
                        .global("os", "system")
                        .op(Opcodes.MARK)
                        .text("true")
                        .op(Opcodes.TUPLE, Opcodes.REDUCE),
                "refers to os.system, which a network of tensors has no need of; refused");
        refusesPickle(
                new PickleBytes().global("torch._utils", "_rebuild_qtensor"),
                "refers to torch._utils._rebuild_qtensor");
    }

    @Test
    void refusesCodeThatNestsTooDeep() throws IOException {
        refusesCode("x = " + "(".repeat(100_000) + "\n", "whose brackets nest deeper");
        refusesCode("x = 1" + " + 1".repeat(100_000) + "\n", "whose expressions nest deeper");
        refusesCode("x = (1" + "\n + 1".repeat(100_000) + ")\n", "whose expressions nest deeper");
        refusesCode(" ".repeat(1000) + "pass\n", "whose blocks nest deeper");
        refusesCode("if a:\n  pass\n" + "elif a:\n  pass\n".repeat(2000), "whose branches nest deeper");
        records.put(CODE, new byte[] {(byte) 0xff, (byte) 0xfe});
        refuses(records, "is no text");
    }

    @Test
    void leavesAloneWhatLooksDeepAndIsText() throws IOException {
        records.put(CODE, (new String(records.get(CODE), UTF_8) + "# " + "(".repeat(1000) + "\n").getBytes(UTF_8));
        ScriptSamples.zip(records).write(file);
        TorchScriptFile.load(file, ComputeDevice.CPU).close();
    }

    @Test
    void refusesBombs() throws IOException {
        ZipBytes bomb = ScriptSamples.zip(records);
        bomb.compressed("archive/code/__torch__/bomb.py", new byte[10_000_000]).write(file);
        refuses("unfolds from");
        writeScript();
        ZipBytes compressed = ScriptSamples.zip(records);
        compressed.compressed("archive/data/9", new byte[10_000_000]).write(file);
        refuses("has a compressed record archive/data/9");
        writeScript();
        refusesPickle(built(tensor(1, new long[] {1L << 30, 8}, new long[] {0, 0})), "should have 4 bytes and has");
        records.put("archive/data/0", new byte[4]);
        records.put(
                "archive/data.pkl",
                built(tensor(1, new long[] {1L << 30, 8}, new long[] {0, 0})).stop());
        refuses(records, "unfolds to tensors much larger than the file; refused");
    }

    @Test
    void refusesPicklesThatAreNotWhatTheySay() throws IOException {
        refusesPickle(
                new PickleBytes().op(Opcodes.NONE, Opcodes.LONG_BINPUT).raw(0xff, 0xff, 0xff, 0x7f),
                "calls an object number");
        refusesPickle(new PickleBytes().op(Opcodes.BINGET).raw(7), "its pickle makes no sense");
        PickleBytes deep = new PickleBytes().op(Opcodes.NONE);
        for (int i = 0; i < 100_000; i++) {
            deep.op(Opcodes.TUPLE1);
        }
        refusesPickle(deep, "nests objects more than 100 deep");
        refusesPickle(
                new PickleBytes()
                        .op(Opcodes.EMPTY_LIST, Opcodes.BINPUT)
                        .raw(0)
                        .op(Opcodes.BINGET)
                        .raw(0)
                        .op(Opcodes.APPEND),
                "holds an object that contains itself");
        refusesPickle(built(tensor(6, new long[] {7}, new long[] {1})), "a tensor does not fit its storage");
        refusesPickle(built(tensor(600, new long[] {7}, new long[] {1})), "storage 0 should have 2400 bytes");
        refusesPickle(new PickleBytes().text("__torch__").op(Opcodes.BUILD), "its pickle makes no sense");
    }

    @Test
    void refusesAttributesThatAreNotWhatTheCodeSays() throws IOException {
        PickleBytes wrong = network()
                .text("training")
                .op(Opcodes.NEWFALSE)
                .text("inner")
                .number(4)
                .text("half")
                .text("no tensor");
        refusesPickle(built(wrong), "is not a TorchScript file that libtorch");
        refusesPickle(built(network().text("half").op(Opcodes.NONE)), "is not a TorchScript file that libtorch");
        refusesPickle(
                built(object(new PickleBytes(), "__torch__", "Missing")), "is not a TorchScript file that libtorch");
        refusesPickle(new PickleBytes().number(4), "is not a TorchScript file that libtorch");
    }

    @Test
    void refusesTensorsOfTypesThatAreNotChecked() throws IOException {
        PickleBytes complex = new PickleBytes()
                .global("torch._utils", "_rebuild_tensor_v2")
                .op(Opcodes.MARK)
                .storage("ComplexFloatStorage", "0", 1L << 40)
                .number(0)
                .numbers(2)
                .numbers(1)
                .op(Opcodes.NEWFALSE)
                .global("collections", "OrderedDict")
                .op(Opcodes.EMPTY_TUPLE, Opcodes.REDUCE)
                .op(Opcodes.TUPLE, Opcodes.REDUCE);
        refusesPickle(
                complex, "holds a tensor in a ComplexFloatStorage, which a network of plain tensors has no need of");
    }

    @Test
    void saysWhatOptimizeForInferenceLeaves() throws IOException {
        refusesCode(
                "\n# ops.prim.ConstantMKLDNNTensor()\n",
                "was saved after torch.jit.optimize_for_inference, whose constants no file keeps; save the network as it was");
    }

    @Test
    void refusesPathsThatLeadElsewhereAndNamesThatAreTaken() throws IOException {
        for (String name :
                new String[] {"archive/../../secret", "/archive/x", "archive//x", "archive/a\\b", "archive"}) {
            records.put(name, new byte[1]);
            refuses(records, "it has a record named " + name);
        }
        records.put("other/data.pkl", new byte[1]);
        refuses(records, "its records lie in archive/ and other/");
        records.put("archive/DATA.pkl", new byte[1]);
        refuses(records, "two records named archive/DATA.pkl, but for upper and lower case");
    }

    @Test
    void refusesWhatIsMissingOrOfAnotherMachine() throws IOException {
        for (String name : new String[] {"data.pkl", "constants.pkl", "version", "data/0"}) {
            records.remove("archive/" + name);
            refuses(records, "record " + name + " is missing");
        }
        records.put("archive/byteorder", "big".getBytes(UTF_8));
        refuses(records, "has the byteorder \"big\"");
        records.put("archive/version", "many".getBytes(UTF_8));
        refuses(records, "has the version \"many\"");
    }

    @Test
    void refusesWhatIsBehindTheEnd() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        byte[] more = Arrays.copyOf(bytes, bytes.length + 100);
        more[bytes.length - 2] = 100; // as a comment
        Files.write(file, more);
        refuses("there is something behind its end");
    }

    @Test
    void aTextInTheArchiveIsReadWhereItIsSound() throws IOException {
        assertEquals(
                "a\nb\n",
                new String(TorchScriptArchive.extra(file, "classes.txt").orElseThrow(), UTF_8));
        assertTrue(TorchScriptArchive.extra(file, "other.txt").isEmpty());
        ZipBytes zip = new ZipBytes();
        records.keySet().removeIf(name -> name.endsWith("classes.txt"));
        records.forEach(zip::record);
        zip.compressed("archive/extra/classes.txt", new byte[30_000_000]).write(file);
        assertThrows(InputException.class, () -> TorchScriptArchive.extra(file, "classes.txt"));
        refuses("unfolds from");
    }
}
