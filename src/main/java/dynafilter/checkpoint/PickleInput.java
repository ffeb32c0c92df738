package dynafilter.checkpoint;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A pickle's bytes, all in memory: knows how many are left, so that a length can be checked before it is believed. */
final class PickleInput extends ByteArrayInputStream {
    PickleInput(byte[] bytes) {
        super(bytes);
    }

    int position() {
        return pos;
    }

    /** Checks the length that comes next: it must not promise more than the pickle holds. Reads nothing. */
    void checkLength(int lengthBytes) {
        long left = (long) count - pos - lengthBytes;
        if (left < 0) {
            throw BadFile.damaged("its pickle ends early");
        }
        ByteBuffer next = ByteBuffer.wrap(buf, pos, lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        long length =
                switch (lengthBytes) {
                    case 1 -> next.get() & 0xffL;
                    case 4 -> next.getInt() & 0xffffffffL;
                    default -> next.getLong();
                };
        if (length < 0 || length > left) {
            throw BadFile.damaged("its pickle promises " + length + " bytes and has " + left);
        }
    }
}
