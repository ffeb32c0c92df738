package dynafilter.data.cifar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.data.DataSet;
import dynafilter.data.cifar.CifarCheck.State;
import dynafilter.io.Checksum;
import dynafilter.io.Downloader;
import dynafilter.io.FileServer;
import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class CifarDownloadTest {
    private static final String FOLDER = "cifar-10-batches-bin/";

    @TempDir
    Path temp;

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private Path dir;
    private Path archive;

    @BeforeEach
    void prepare() {
        dir = temp.resolve("data/cifar-10-batches-bin");
        archive = temp.resolve("data/cifar-10-binary.tar.gz");
        for (String name : Cifar10.TRAIN_FILES) {
            files.put(name, CifarFiles.records(files.size(), 1, 2, 3));
        }
        files.put(Cifar10.TEST_FILE, CifarFiles.records(9, 4, 5));
    }

    private static String md5(byte[] bytes) {
        return HexFormat.of().formatHex(Checksum.Algorithm.MD5.digest().digest(bytes));
    }

    private byte[] goodArchive() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put(FOLDER, null);
        files.forEach((name, bytes) -> entries.put(FOLDER + name, bytes));
        entries.put(
                FOLDER + "batches.meta.txt",
                String.join("\n", Cifar10.CLASSES).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        entries.put(FOLDER + "unknown.txt", new byte[3]);
        return archive(entries);
    }

    /** A folder for null content, a link to "/etc/passwd" for empty content. */
    private static byte[] archive(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (Map.Entry<String, byte[]> file : entries.entrySet()) {
                byte[] content = file.getValue();
                boolean link = content != null && content.length == 0;
                TarArchiveEntry entry = link
                        ? new TarArchiveEntry(file.getKey(), TarConstants.LF_SYMLINK)
                        : new TarArchiveEntry(file.getKey(), true);
                if (link) {
                    entry.setLinkName("/etc/passwd");
                } else if (content != null) {
                    entry.setSize(content.length);
                }
                tar.putArchiveEntry(entry);
                if (content != null) {
                    tar.write(content);
                }
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private CifarDownload download(FileServer server, byte[] archiveBytes) {
        Map<String, String> hashes = new TreeMap<>();
        files.forEach((name, bytes) -> hashes.put(name, md5(bytes)));
        return new CifarDownload(new Downloader(), server.uri("/c.tar.gz"), Checksum.md5(md5(archiveBytes)), hashes);
    }

    private static FileServer server(byte[] archiveBytes) throws IOException {
        return new FileServer((exchange, n) -> FileServer.serve(exchange, archiveBytes, "\"1\""));
    }

    private String refusal(byte[] archiveBytes) throws IOException {
        try (FileServer server = server(archiveBytes)) {
            CifarDownload download = download(server, archiveBytes);
            return assertThrows(InputException.class, () -> download.download(dir, ProgressListener.NONE))
                    .getMessage()
                    .replace(temp.toString(), "TEMP");
        }
    }

    private static List<State> states(CifarDownload download, Path dir) {
        return download.verify(dir).stream().map(CifarCheck::state).toList();
    }

    private static List<String> names(Path folder) throws IOException {
        try (var list = Files.list(folder)) {
            return list.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void fetchesUnpacksVerifiesAndCleansUp() throws IOException {
        byte[] bytes = goodArchive();
        try (FileServer server = server(bytes)) {
            CifarDownload download = download(server, bytes);
            assertTrue(download.download(dir, ProgressListener.NONE));
            assertEquals(List.of("cifar-10-batches-bin"), names(dir.getParent()));
            assertEquals(7, names(dir).size());
            assertTrue(states(download, dir).stream().allMatch(s -> s == State.OFFICIAL));
            try (DataSet data = Cifar10.read(dir)) {
                assertEquals(15, data.train().size());
            }
            assertFalse(download.download(dir, ProgressListener.NONE));
            assertEquals(1, server.requests().size());
        }
    }

    @Test
    void archivePutThereByHandIsUsedAndKept() throws IOException {
        byte[] bytes = goodArchive();
        Files.createDirectories(dir.getParent());
        Files.write(archive, bytes);
        try (FileServer server = server(bytes)) {
            assertTrue(download(server, bytes).download(dir, ProgressListener.NONE));
            assertEquals(List.of(), server.requests());
            assertTrue(Files.exists(archive));
            assertTrue(Files.exists(dir.resolve("test_batch.bin")));
        }
    }

    @Test
    void missingAndDamagedFilesAreReplacedAndOthersKept() throws IOException {
        byte[] bytes = goodArchive();
        Files.createDirectories(dir);
        Files.write(dir.resolve("data_batch_1.bin"), new byte[5]);
        Files.writeString(dir.resolve("notes.txt"), "mine");
        try (FileServer server = server(bytes)) {
            assertTrue(download(server, bytes).download(dir, ProgressListener.NONE));
        }
        assertArrayEquals(files.get("data_batch_1.bin"), Files.readAllBytes(dir.resolve("data_batch_1.bin")));
        assertEquals("mine", Files.readString(dir.resolve("notes.txt")));
    }

    @Test
    void otherDataIsNotOverwritten() throws IOException {
        Files.createDirectories(dir);
        Files.write(dir.resolve("data_batch_1.bin"), CifarFiles.records(5, 1));
        assertEquals(
                "TEMP/data/cifar-10-batches-bin holds other data than CIFAR-10's in data_batch_1.bin: move it away, or"
                        + " choose another folder with --data DIR",
                refusal(goodArchive()));
    }

    @Test
    void fileInPlaceOfTheFolder() throws IOException {
        Files.createDirectories(dir.getParent());
        Files.writeString(dir, "");
        assertEquals("TEMP/data/cifar-10-batches-bin is a file: give the name of a folder", refusal(goodArchive()));
    }

    @Test
    void archivesWithTricksLeaveNothingBehind() throws IOException {
        String start = "cannot unpack TEMP/data/cifar-10-binary.tar.gz to TEMP/data/cifar-10-batches-bin (";
        String end = "): check both, then run the same command again";
        byte[] three = new byte[3];
        assertEquals(
                start + "it holds the suspicious path ../data_batch_1.bin" + end,
                refusal(archive(Map.of("../data_batch_1.bin", three))));
        assertEquals(
                start + "it holds the suspicious path /tmp/test_batch.bin" + end,
                refusal(archive(Map.of("/tmp/test_batch.bin", three))));
        assertEquals(
                start + "it holds cifar-10-batches-bin/test_batch.bin, which is a link or device" + end,
                refusal(archive(Map.of(FOLDER + "test_batch.bin", new byte[0]))));
        assertEquals(
                start + "a file is in the way" + end,
                refusal(archive(new TreeMap<>(Map.of(FOLDER + "test_batch.bin", three, "test_batch.bin", three)))));
        assertEquals(
                start + "it holds test_batch.bin of 67108865 bytes" + end,
                refusal(archive(Map.of("test_batch.bin", new byte[(64 << 20) + 1]))));
        assertEquals(start + "data_batch_1.bin in it: missing" + end, refusal(archive(Map.of("x", three))));
        assertEquals(start + "Not in GZIP format" + end, refusal(new byte[20]));
        assertFalse(Files.exists(dir));
        assertEquals(List.of("cifar-10-binary.tar.gz"), names(dir.getParent()));
    }

    @Test
    void verifyTellsEachFilesState() throws IOException {
        Files.createDirectories(dir);
        Files.write(dir.resolve("data_batch_1.bin"), files.get("data_batch_1.bin"));
        Files.write(dir.resolve("data_batch_2.bin"), CifarFiles.records(99, 1, 2));
        Files.write(dir.resolve("data_batch_3.bin"), new byte[3074]);
        Files.write(dir.resolve("data_batch_4.bin"), CifarFiles.records(1, 1, 77));
        Files.write(dir.resolve("data_batch_5.bin"), new byte[0]);
        try (FileServer server = server(new byte[0])) {
            assertEquals(
                    List.of(
                            new CifarCheck(
                                    "data_batch_1.bin", State.OFFICIAL, "md5 " + md5(files.get("data_batch_1.bin"))),
                            new CifarCheck("data_batch_2.bin", State.SAME_FORMAT, "2 images, labels 0 to 9"),
                            new CifarCheck(
                                    "data_batch_3.bin",
                                    State.DAMAGED,
                                    "3,074 bytes is not a whole number of 3,073-byte records"),
                            new CifarCheck("data_batch_4.bin", State.DAMAGED, "record 2 has label 77"),
                            new CifarCheck("data_batch_5.bin", State.DAMAGED, "empty"),
                            new CifarCheck("test_batch.bin", State.MISSING, "missing")),
                    download(server, new byte[0]).verify(dir));
            assertTrue(
                    states(new CifarDownload(), temp.resolve("none")).stream().allMatch(s -> s == State.MISSING));
        }
    }
}
