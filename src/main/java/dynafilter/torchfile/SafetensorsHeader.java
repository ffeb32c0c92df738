package dynafilter.torchfile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The header of a safetensors file, which says by name what tensors lie where. It can only be made where the tensors fill the rest
 * of the file without holes and without overlaps, so that nothing behind it meets an unchecked number from a file.
 *
 * @param entries the tensors in the order of their bytes
 * @param metadata texts by name
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    /** The reference reader takes no longer header. */
    static final int MAX_BYTES = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final int MAX_ENTRIES = 200_000; // as in archives: more than any network has
    private static final int MAX_DIMENSIONS = 32;

    /** Names from a file are made into no lasting constants of the JVM. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /**
     * A tensor.
     *
     * @param begin the place of its first byte, counted from the end of the header
     * @param end the place after its last byte
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(String name, SafetensorsType type, long[] shape, long begin, long end) {
        long bytes() {
            return end - begin;
        }
    }

    /**
     * Parses a header.
     *
     * @param data the number of bytes behind it
     * @throws BadFile where it is not one, or does not fit the data
     */
    static SafetensorsHeader of(byte[] header, long data) throws IOException {
        if (header.length == 0 || header[0] != '{') {
            throw BadFile.damaged("its header does not begin with {");
        }
        InputStreamReader text = new InputStreamReader(
                new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder()); // refuses what is not UTF-8
        try (JsonParser json = JSON.createParser(text)) {
            SafetensorsHeader parsed = parse(json);
            requireWhole(parsed.entries, data);
            return parsed;
        } catch (CharacterCodingException wrong) {
            throw BadFile.damaged("its header is not UTF-8", wrong);
        } catch (JsonProcessingException wrong) {
            throw BadFile.damaged("its header is not JSON", wrong);
        }
    }

    private static SafetensorsHeader parse(JsonParser json) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = Map.of();
        boolean hasMetadata = false;
        json.nextToken(); // {
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName(); // of whole characters: the parser refuses halves of surrogate pairs
            json.nextToken();
            if (name.equals(METADATA)) {
                if (hasMetadata) {
                    throw BadFile.damaged("it has " + METADATA + " twice");
                }
                hasMetadata = true;
                metadata = metadata(json);
            } else if (entries.put(name, entry(name, json)) != null) {
                throw BadFile.damaged("it has two tensors named " + BadFile.shown(name));
            } else if (entries.size() > MAX_ENTRIES) {
                throw BadFile.refused("has more than " + MAX_ENTRIES + " tensors, more than a network has; refused");
            }
        }
        if (json.nextToken() != null) {
            throw BadFile.damaged("something stands behind its header's last brace");
        }
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        return new SafetensorsHeader(sorted, metadata);
    }

    private static Map<String, String> metadata(JsonParser json) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return metadata;
        }
        require(json, JsonToken.START_OBJECT, METADATA);
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            require(json, JsonToken.VALUE_STRING, METADATA);
            if (metadata.put(name, json.getText()) != null) {
                throw BadFile.damaged("its " + METADATA + " has " + BadFile.shown(name) + " twice");
            }
        }
        return metadata;
    }

    private static Entry entry(String name, JsonParser json) throws IOException {
        require(json, JsonToken.START_OBJECT, name);
        SafetensorsType type = null;
        long[] shape = null;
        long[] offsets = null;
        TreeSet<String> seen = new TreeSet<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            json.nextToken();
            if (!seen.add(key)) {
                throw BadFile.damaged("tensor " + BadFile.shown(name) + " has " + BadFile.shown(key) + " twice");
            }
            switch (key) {
                case "dtype" -> type = type(name, json);
                case "shape" -> shape = numbers(name, json);
                case "data_offsets" -> offsets = numbers(name, json);
                default -> json.skipChildren(); // of a later version of the format
            }
        }
        if (type == null || shape == null || offsets == null || offsets.length != 2) {
            throw BadFile.damaged(
                    "tensor " + BadFile.shown(name) + " has not all of dtype, shape and two data_offsets");
        }
        return checked(new Entry(name, type, shape, offsets[0], offsets[1]));
    }

    private static SafetensorsType type(String name, JsonParser json) throws IOException {
        require(json, JsonToken.VALUE_STRING, name);
        String type = json.getText();
        return SafetensorsType.of(type)
                .orElseThrow(() -> BadFile.refused("has a tensor " + BadFile.shown(name) + " of the unknown type "
                        + BadFile.shown(type) + "; refused"));
    }

    private static long[] numbers(String name, JsonParser json) throws IOException {
        require(json, JsonToken.START_ARRAY, name);
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(json, JsonToken.VALUE_NUMBER_INT, name);
            long number = json.getLongValue(); // throws beyond its range
            if (number < 0 || numbers.size() >= MAX_DIMENSIONS) {
                throw BadFile.damaged("tensor " + BadFile.shown(name)
                        + (number < 0 ? " has a size or an offset below 0" : " has too many dimensions"));
            }
            numbers.add(number);
        }
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private static void require(JsonParser json, JsonToken token, String name) throws IOException {
        if (json.currentToken() != token) {
            throw BadFile.damaged(BadFile.shown(name) + " in its header is not of the form it should have");
        }
    }

    /** Requires that the bytes of a tensor are just those that its type and shape take. */
    private static Entry checked(Entry entry) {
        String tensor = "tensor " + BadFile.shown(entry.name);
        try {
            long bits = entry.type.bits();
            for (long size : entry.shape) {
                bits = Math.multiplyExact(bits, size);
            }
            // libtorch multiplies strides, too, in which a size of 0 counts as 1.
            long strides = entry.type.bits();
            for (long size : entry.shape) {
                strides = Math.multiplyExact(strides, Math.max(1, size));
            }
            if (bits % Byte.SIZE != 0 || entry.begin > entry.end || bits / Byte.SIZE != entry.bytes()) {
                throw BadFile.damaged(
                        tensor + " takes " + bits + " bits, and its place has " + entry.bytes() + " bytes");
            }
            return entry;
        } catch (ArithmeticException overflow) {
            throw BadFile.damaged("the size of " + tensor + " overflows", overflow);
        }
    }

    /** Requires that the tensors, in the order of their bytes, fill the data. */
    private static void requireWhole(List<Entry> sorted, long data) {
        long at = 0;
        for (Entry entry : sorted) {
            if (entry.begin != at) {
                throw BadFile.damaged("tensor " + BadFile.shown(entry.name) + " begins at byte " + entry.begin
                        + " of the data, and the one before ends at " + at);
            }
            at = entry.end;
        }
        if (at != data) {
            throw BadFile.damaged("its tensors take " + at + " bytes, and it has " + data + " behind its header");
        }
    }
}
