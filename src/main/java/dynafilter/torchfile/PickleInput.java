package dynafilter.torchfile;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The bytes of pickles, all in memory: their number is known, so that a length can be checked before it is believed. */
final class PickleInput extends ByteArrayInputStream {
    PickleInput(byte[] bytes) {
        super(bytes);
    }

    int position() {
        return pos;
    }

    /** Checks the memo index that comes next, without reading it: libtorch allocates as many entries. */
    void checkNumber(int numberBytes, int instructions) {
        long number = peek(numberBytes);
        if (number > instructions) {
            throw BadFile.damaged("its pickle calls an object number " + number + ", and has fewer");
        }
    }

    private long peek(int numberBytes) {
        if (count - pos < numberBytes) {
            throw BadFile.damaged("its pickle ends early");
        }
        ByteBuffer next = ByteBuffer.wrap(buf, pos, numberBytes).order(ByteOrder.LITTLE_ENDIAN);
        return switch (numberBytes) {
            case 1 -> next.get() & 0xffL;
            case 4 -> next.getInt() & 0xffffffffL;
            default -> next.getLong();
        };
    }

    /** Checks the length that comes next, without reading it: it must not promise more bytes than the pickle has left. */
    void checkLength(int lengthBytes) {
        long length = peek(lengthBytes);
        long left = (long) count - pos - lengthBytes;
        if (length < 0 || length > left) {
            throw BadFile.damaged("its pickle promises " + length + " bytes and has " + left);
        }
    }

    /** Skips a length and as many bytes after it. */
    void skipCounted(int lengthBytes) {
        checkLength(lengthBytes);
        pos += lengthBytes + (int) peek(lengthBytes);
    }
}
