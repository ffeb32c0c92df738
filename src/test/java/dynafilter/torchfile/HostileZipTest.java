package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.Test;

/** Zip files made to do harm: they are not what their pickle says. */
class HostileZipTest extends HostileFile {
    @Test
    void refusesStoragesThatAreNotAsTheyAreSaidToBe() throws IOException {
        byte[] pickle =
                new PickleBytes().tensor(4, 0, new long[] {4}, new long[] {1}).stop();
        refuses(ZipBytes.of(pickle), "record data/0 is missing");
        refuses(ZipBytes.of(pickle).record("archive/data/0", new byte[15]), "should have 16 bytes and has 15");
        refuses(ZipBytes.of(pickle).record("archive/data/0", new byte[32]), "should have 16 bytes and has 32");
        refuses(ZipBytes.of(pickle).record("other/data/0", new byte[16]), "record data/0 is missing");
        byte[] huge = new PickleBytes()
                .tensor(1L << 40, 0, new long[] {4}, new long[] {1})
                .stop();
        refuses(
                ZipBytes.of(huge).record("archive/data/0", new byte[16]),
                "storage 0 is said to be larger than the file");
        byte[] negative =
                new PickleBytes().tensor(-4, 0, new long[] {4}, new long[] {1}).stop();
        refuses(ZipBytes.of(negative), "storage 0 has -4 elements");
        byte[] twice = new PickleBytes()
                .op(Opcodes.MARK)
                .storage("FloatStorage", "0", 4)
                .storage("LongStorage", "0", 2)
                .op(Opcodes.TUPLE)
                .stop();
        refuses(ZipBytes.of(twice), "describes storage 0 in two ways");
        byte[] path =
                new PickleBytes().storage("FloatStorage", "../../secret", 4).stop();
        refuses(ZipBytes.of(path), "it names a storage \"../../secret\"");
    }

    @Test
    void refusesCompressedRecords() throws IOException {
        byte[] pickle = new PickleBytes()
                .tensor(25_000_000, 0, new long[] {4}, new long[] {1})
                .stop();
        refuses(ZipBytes.of(pickle).compressed("archive/data/0", new byte[100_000_000]), "larger than the file");
        refuses(new ZipBytes().compressed("archive/data.pkl", new byte[1000]), "compressed record archive/data.pkl");
        refuses(new ZipBytes().record("archive/data.pkl", new byte[17 << 20]), "where at most");
    }

    @Test
    void refusesRecordsThatOccurTwiceOrNotAtAll() throws IOException {
        byte[] pickle = new PickleBytes().op(Opcodes.NONE).stop();
        byte[] zip = ZipBytes.of(pickle).record("archive/data.pk2", pickle).bytes();
        String names = new String(zip, US_ASCII); // one char a byte is enough to find the place
        for (int at = names.indexOf("data.pk2"); at >= 0; at = names.indexOf("data.pk2", at + 1)) {
            zip[at + 7] = 'l';
        }
        refuses(zip, "two records named archive/data.pkl");
        refuses(ZipBytes.of(pickle).record("b/data.pkl", pickle), "2 records named data.pkl");
        refuses(new ZipBytes().record("data.pkl", pickle), "is a zip file without data.pkl");
        refuses(new ZipBytes().record("../x/data.pkl", pickle), "is a zip file without data.pkl");
    }

    @Test
    void refusesBigEndianFiles() throws IOException {
        byte[] pickle = new PickleBytes().op(Opcodes.NONE).stop();
        refuses(ZipBytes.of(pickle).record("archive/byteorder", "big".getBytes(US_ASCII)), "is big endian");
        refuses(
                ZipBytes.of(pickle).record("archive/byteorder", "middle".getBytes(US_ASCII)),
                "byte order is \"middle\"");
    }
}
