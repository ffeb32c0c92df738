package dynafilter.torchfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.StateDicts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.Opcodes;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** What today's PyTorch no longer writes, and old downloads still hold. */
class LegacyFileTest extends HostileFile {
    private static final long[] SHAPE = {2, 2};
    private static final long[] STRIDES = {2, 1};

    @Test
    void readsAnOrderedDictOfPython2() throws IOException {
        PickleBytes pickle =
                new PickleBytes().global("collections", "OrderedDict").op(Opcodes.EMPTY_LIST, Opcodes.MARK);
        for (String name : List.of("z", "a")) {
            pickle.op(Opcodes.EMPTY_LIST, Opcodes.MARK)
                    .op(Opcodes.SHORT_BINSTRING, 1, name.charAt(0))
                    .tensor(4, 0, SHAPE, STRIDES)
                    .op(Opcodes.APPENDS);
        }
        pickle.op(Opcodes.APPENDS, Opcodes.TUPLE1, Opcodes.REDUCE);
        Path file = Files.write(folder.resolve("old.pth"), LegacyBytes.of(pickle.stop()));
        Map<String, Tensor> state = StateDicts.read(file);
        assertEquals(List.of("z", "a"), new ArrayList<>(state.keySet()));
        assertTrue(Samples.same(Samples.counting(Dtype.FLOAT32, SHAPE), state.get("a")));
        assertTrue(state.get("a").is_cpu());
    }

    @Test
    void refusesWhatItCannotRead() throws IOException {
        byte[] tensor = new PickleBytes().tensor(4, 0, SHAPE, STRIDES).stop();
        refuses(LegacyBytes.of(1001, false, tensor), "is big endian");
        refuses(LegacyBytes.of(1002, true, tensor), "has an unknown version of PyTorch's old format");
        refuses(LegacyBytes.of(new PickleBytes().op(Opcodes.NONE).stop()), "list of storages does not match");
        byte[] larger = new PickleBytes().tensor(5, 0, SHAPE, STRIDES).stop();
        refuses(LegacyBytes.of(larger), "storage 0 should have 5 elements and has 4");
        refuses(new PickleBytes().number(3).stop(), "is not a file that torch.save wrote: its magic number is another");
        byte[] evil = new PickleBytes().global("os", "system").stop();
        refuses(LegacyBytes.of(evil), "refers to os.system");
    }

    @Test
    void noticesTheEndOfTheFileInAStorage() throws IOException {
        byte[] whole =
                LegacyBytes.of(new PickleBytes().tensor(4, 0, SHAPE, STRIDES).stop());
        refuses(Arrays.copyOf(whole, whole.length - 1), "it ends inside storage 0");
        refuses(Arrays.copyOf(whole, whole.length - 17), "it ends before storage 0");
    }
}
