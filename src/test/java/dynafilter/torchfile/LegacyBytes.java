package dynafilter.torchfile;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import net.razorvine.pickle.Opcodes;

/** Files of the format before PyTorch 1.6, made by hand: one storage, "0", of the four floats 0, 1, 2, 3. */
final class LegacyBytes {
    private LegacyBytes() {}

    static byte[] of(byte[] objects) {
        return of(1001, true, objects);
    }

    static byte[] of(int version, boolean littleEndian, byte[] objects) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] magic = new BigInteger("1950a86a20f9469cfc6c", 16).toByteArray();
        PickleBytes first = new PickleBytes().raw(Opcodes.LONG1, magic.length);
        for (int i = magic.length - 1; i >= 0; i--) {
            first.raw(magic[i]);
        }
        out.writeBytes(first.stop());
        out.writeBytes(new PickleBytes().number(version).stop());
        out.writeBytes(new PickleBytes()
                .op(Opcodes.EMPTY_DICT)
                .text("little_endian")
                .op(littleEndian ? Opcodes.NEWTRUE : Opcodes.NEWFALSE, Opcodes.SETITEM)
                .stop());
        out.writeBytes(objects);
        out.writeBytes(new PickleBytes()
                .op(Opcodes.EMPTY_LIST)
                .text("0")
                .op(Opcodes.APPEND)
                .stop());
        out.writeBytes(PickleBytes.little(8, 4));
        for (int i = 0; i < 4; i++) {
            out.writeBytes(PickleBytes.little(4, Float.floatToIntBits(i)));
        }
        return out.toByteArray();
    }
}
