package dynafilter.data.folder;

import dynafilter.data.folder.ImageIndex.Image;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The names of many files in one array of bytes: a million of them take the room of their letters and four bytes each, a
 * hundredth of what their images take.
 */
final class PackedNames {
    private final byte[] letters; // UTF-8, name after name
    private final int[] ends;

    private PackedNames(byte[] letters, int[] ends) {
        this.letters = letters;
        this.ends = ends;
    }

    static PackedNames of(List<Image> files) {
        ByteArrayOutputStream letters = new ByteArrayOutputStream();
        int[] ends = new int[files.size()];
        for (int i = 0; i < ends.length; i++) {
            letters.writeBytes(files.get(i).path().getBytes(StandardCharsets.UTF_8));
            ends[i] = letters.size();
        }
        return new PackedNames(letters.toByteArray(), ends);
    }

    String name(long index) {
        int place = Math.toIntExact(index);
        int from = place == 0 ? 0 : ends[place - 1];
        return new String(letters, from, ends[place] - from, StandardCharsets.UTF_8);
    }
}
