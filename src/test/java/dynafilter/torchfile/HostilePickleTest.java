package dynafilter.torchfile;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pickles made to do harm, in zip files that are in order. */
class HostilePickleTest extends HostileFile {
    private static final long[] NONE = {};

    @ParameterizedTest
    @CsvSource({
        "os, system",
        "posix, system",
        "builtins, eval",
        "builtins, getattr",
        "torch.jit, load",
        "torch.hub, load",
        "collections, defaultdict",
        "torch, FloatStorage.evil",
        "os.system, "
    })
    void refusesEveryOtherNameByName(String module, String name) throws IOException {
        String called = name == null ? "" : name;
        byte[] pickle = new PickleBytes()
                .global(module, called)
                .text("touch here")
                .op(Opcodes.TUPLE1, Opcodes.REDUCE)
                .stop();
        refuses(
                ZipBytes.of(pickle),
                "refers to " + module + "." + called + ", which a checkpoint has no need of; refused");
    }

    @Test
    void refusesInstructionsThatTorchSaveDoesNotWrite() throws IOException {
        for (short opcode :
                new short[] {Opcodes.INST, Opcodes.OBJ, Opcodes.EXT1, Opcodes.INT, Opcodes.LONG4, Opcodes.DUP}) {
            byte[] pickle = new PickleBytes().op(opcode).text("x").stop();
            refuses(ZipBytes.of(pickle), "holds instruction " + opcode);
        }
    }

    @Test
    void refusesObjectsThatContainThemselves() throws IOException {
        byte[] pickle = new PickleBytes()
                .op(Opcodes.EMPTY_LIST, Opcodes.BINPUT, 0, Opcodes.BINGET, 0, Opcodes.APPEND)
                .stop();
        refuses(ZipBytes.of(pickle), "contains itself");
    }

    @Test
    void refusesDeepNesting() throws IOException {
        PickleBytes lists = new PickleBytes();
        for (int i = 0; i < 1_000_000; i++) {
            lists.op(Opcodes.EMPTY_LIST);
        }
        for (int i = 1; i < 1_000_000; i++) {
            lists.op(Opcodes.APPEND);
        }
        refuses(ZipBytes.of(lists.stop()), "nests objects more than");
    }

    @Test
    void refusesListsThatUnfoldWithoutEnd() throws IOException {
        PickleBytes laughs = new PickleBytes().op(Opcodes.EMPTY_LIST, Opcodes.BINPUT, 0);
        for (int i = 0; i < 64; i++) { // each holds the one before twice
            laughs.op(Opcodes.EMPTY_LIST, Opcodes.MARK, Opcodes.BINGET, i, Opcodes.BINGET, i, Opcodes.APPENDS)
                    .op(Opcodes.BINPUT, i + 1);
        }
        refuses(ZipBytes.of(laughs.stop()), "unfolds to more than");
    }

    @Test
    void refusesNestedTuplesAsKeys() throws IOException {
        PickleBytes key = new PickleBytes().op(Opcodes.EMPTY_DICT, Opcodes.EMPTY_TUPLE, Opcodes.BINPUT, 0);
        for (int i = 0; i < 64; i++) {
            key.op(Opcodes.BINGET, i, Opcodes.TUPLE2, Opcodes.BINPUT, i + 1);
        }
        refuses(ZipBytes.of(key.op(Opcodes.NONE, Opcodes.SETITEM).stop()), "a key that is neither text nor a number");
    }

    @Test
    void refusesMoreInstructionsThanACheckpointHas() throws IOException {
        byte[] pickle = new byte[8_000_000];
        Arrays.fill(pickle, (byte) Opcodes.EMPTY_DICT);
        refuses(ZipBytes.of(pickle), "describes more objects");
    }

    @Test
    void believesNoLengthBeyondThePickle() throws IOException {
        for (int opcode : new int[] {Opcodes.BINUNICODE, Opcodes.BINSTRING, Opcodes.BINUNICODE8}) {
            byte[] pickle = new PickleBytes()
                    .op(opcode, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0)
                    .stop();
            refuses(ZipBytes.of(pickle), "promises 2147483647 bytes and has");
        }
        byte[] negative =
                new PickleBytes().op(Opcodes.BINUNICODE, 0xff, 0xff, 0xff, 0xff).stop();
        refuses(ZipBytes.of(negative), "promises 4294967295 bytes");
        byte[] cut = new PickleBytes().op(Opcodes.LONG1, 0xff).stop();
        refuses(ZipBytes.of(cut), "promises 255 bytes");
    }

    @Test
    void readsNoTensorOutsideItsStorage() throws IOException {
        long huge = 1L << 62;
        refusesTensor(4, 0, new long[] {5}, new long[] {1});
        refusesTensor(4, 1, new long[] {4}, new long[] {1});
        refusesTensor(4, -1, new long[] {1}, new long[] {1});
        refusesTensor(4, -1, new long[] {0}, new long[] {1});
        refusesTensor(4, 4, NONE, NONE);
        refusesTensor(4, 0, new long[] {2, 2}, new long[] {3, 1});
        refusesTensor(4, 0, new long[] {-1}, new long[] {1});
        refusesTensor(4, 3, new long[] {2}, new long[] {-1});
        refusesTensor(4, 0, new long[] {huge, 4}, new long[] {0, 0});
        refusesTensor(4, 0, new long[] {0, huge, huge}, new long[] {1, 1, 1});
        refusesTensor(4, 0, new long[] {3}, new long[] {huge});
        refusesTensor(4, huge, new long[] {2}, new long[] {huge});
        refusesTensor(4, 0, new long[] {2}, NONE);
        refusesTensor(4, 0, new long[40], new long[40]);
    }

    private void refusesTensor(long elements, long offset, long[] sizes, long[] strides) throws IOException {
        byte[] pickle =
                new PickleBytes().tensor(elements, offset, sizes, strides).stop();
        refuses(ZipBytes.of(pickle).record("archive/data/0", new byte[16]), "a tensor does not fit its storage 0");
    }

    @Test
    void refusesTensorsThatUnfoldToMuchMoreThanTheFile() throws IOException {
        byte[] pickle = new PickleBytes()
                .tensor(1, 0, new long[] {1L << 40}, new long[] {0})
                .stop();
        refuses(ZipBytes.of(pickle).record("archive/data/0", new byte[4]), "unfolds to tensors much larger");
    }

    @Test
    void refusesNamesWhereValuesBelongAndArgumentsOfTheWrongKind() throws IOException {
        refuses(ZipBytes.of(new PickleBytes().global("torch", "Size").stop()), "leaves a name");
        refuses(ZipBytes.of(new PickleBytes().op(Opcodes.MARK).stop()), "leaves a name");
        refuses(ZipBytes.of(new PickleBytes().storage("FloatStorage", "0", 4).stop()), "holds a bare storage");
        refuses(ZipBytes.of(new PickleBytes().op(Opcodes.TUPLE).stop()), "makes no sense");
        refuses(
                ZipBytes.of(new PickleBytes()
                        .text("x")
                        .op(Opcodes.NONE, Opcodes.APPEND)
                        .stop()),
                "makes no sense");
        refuses(ZipBytes.of(new PickleBytes().text("x").op(Opcodes.BINPERSID).stop()), "makes no sense");
        refuses(ZipBytes.of(new byte[0]), "premature end of file");
    }

    @Test
    void readsTheTypeOfATensorOverBareBytes() throws IOException {
        byte[] pickle = new PickleBytes()
                .global("torch._utils", "_rebuild_tensor_v3")
                .op(Opcodes.MARK)
                .op(Opcodes.MARK)
                .text("storage")
                .global("torch.storage", "UntypedStorage")
                .text("0")
                .text("cpu")
                .number(16)
                .op(Opcodes.TUPLE, Opcodes.BINPERSID)
                .number(0)
                .numbers(2)
                .numbers(1)
                .op(Opcodes.NEWFALSE, Opcodes.NONE)
                .global("torch", "int64")
                .op(Opcodes.TUPLE, Opcodes.REDUCE)
                .stop();
        Path file = folder.resolve("v3.pt");
        byte[] values = new byte[16];
        values[8] = 1;
        ZipBytes.of(pickle).record("archive/data/0", values).write(file);
        assertTrue(Samples.same(TorchFile.read(file), Samples.counting(Dtype.INT64, 2)));
    }

    @Test
    void aTruthValueIsZeroOrOneWhateverItsByte() throws IOException {
        byte[] pickle = new PickleBytes()
                .global("torch._utils", "_rebuild_tensor")
                .op(Opcodes.MARK)
                .storage("BoolStorage", "0", 2)
                .number(0)
                .numbers(2)
                .numbers(1)
                .op(Opcodes.TUPLE, Opcodes.REDUCE)
                .stop();
        Path file = folder.resolve("bool.pt");
        ZipBytes.of(pickle).record("archive/data/0", new byte[] {0, 77}).write(file);
        assertTrue(Samples.same(TorchFile.read(file), Samples.counting(Dtype.BOOL, 2)));
    }
}
