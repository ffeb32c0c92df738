package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Checks of the source text in a TorchScript file. libtorch compiles it when the file is loaded, by functions that recurse
 * for every level of nesting, so the nesting is limited here.
 */
final class ScriptCode {
    private static final int MAX_NESTING = 200;
    /** The characters of one statement: each of its operators may nest one level deeper than the operator before. */
    private static final int MAX_STATEMENT = 1 << 17;

    private static final int MAX_BRANCHES = 1_000; // of all if statements: each elif nests in the one before

    private final String record;

    private ScriptCode(String record) {
        this.record = record;
    }

    /**
     * Checks the text of one record.
     *
     * @throws BadFile where the record is not text, nests too deep, or has code that would run while the file is loaded
     */
    static void check(String record, byte[] text) {
        try {
            new ScriptCode(record)
                    .check(UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString());
        } catch (CharacterCodingException wrong) {
            throw BadFile.damaged("record " + BadFile.shown(record) + " is no text", wrong);
        }
    }

    private void check(String text) {
        if (text.contains("__setstate__")) {
            throw BadFile.refused("has code (__setstate__) that would run while the file is loaded; refused: export a"
                    + " network of plain layers");
        }
        if (text.contains("ops.prim.ConstantMKLDNNTensor")) {
            throw BadFile.refused("was saved after torch.jit.optimize_for_inference, whose constants no file keeps;"
                    + " save the network as it was before that call");
        }
        int branches = 0;
        int depth = 0;
        int statement = 0;
        for (String line : text.split("\n", -1)) {
            String code = line.stripLeading();
            if (line.length() - code.length() > 2 * MAX_NESTING) {
                throw tooDeep("blocks");
            }
            if (code.startsWith("elif") && ++branches > MAX_BRANCHES) {
                throw tooDeep("branches");
            }
            statement = depth == 0 ? code.length() : statement + code.length();
            if (statement > MAX_STATEMENT) {
                throw tooDeep("expressions");
            }
            depth = depthAfter(code, depth);
        }
    }

    /** The number of brackets that are open after a line. */
    private int depthAfter(String line, int before) {
        int depth = before;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                if (c == '\\') {
                    i++;
                } else if (c == quote) {
                    quote = 0;
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '#') {
                break;
            } else if (c == '(' || c == '[' || c == '{') {
                if (++depth > MAX_NESTING) {
                    throw tooDeep("brackets");
                }
            } else if (c == ')' || c == ']' || c == '}') {
                depth = Math.max(0, depth - 1);
            }
        }
        return depth;
    }

    private BadFile tooDeep(String what) {
        return BadFile.refused(
                "has code in " + BadFile.shown(record) + " whose " + what + " nest deeper than a network's; refused");
    }
}
