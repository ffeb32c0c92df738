package dynafilter.serve;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The one picture in a form, {@code multipart/form-data}, as browsers and {@code curl -F} send it. */
final class MultipartBody extends MultiPart.AbstractPartsListener {
    private static final String TYPE = "multipart/form-data";
    private static final String WAY = "send one picture: curl -F image=@photo.jpg";
    private static final int MOST_PARTS = 16;
    private static final int MOST_HEADERS = 8192;

    private final ByteArrayOutputStream part = new ByteArrayOutputStream();
    private int files;
    private byte[] picture = new byte[0];
    private boolean complete;
    private @Nullable Throwable failure;

    private MultipartBody() {}

    /** True: the type is that of a form; false: it is not. */
    static boolean isType(@Nullable String type) {
        return type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/");
    }

    /**
     * The bytes of the picture in a form.
     *
     * @param type the header Content-Type
     * @throws Problem where the form is damaged, or has no or several files
     */
    static byte[] picture(byte[] body, String type) {
        if (!type.toLowerCase(Locale.ROOT).startsWith(TYPE)) {
            throw new Problem(Problem.UNSUPPORTED, "the header Content-Type", "is no " + TYPE, WAY);
        }
        String boundary = boundary(type);
        if (boundary == null || boundary.isBlank()) {
            throw new Problem(Problem.BAD, "the header Content-Type", "names no boundary", WAY);
        }
        MultipartBody form = new MultipartBody();
        MultiPart.Parser parser = new MultiPart.Parser(boundary, form);
        parser.setMaxParts(MOST_PARTS);
        parser.setPartHeadersMaxLength(MOST_HEADERS);
        try {
            parser.parse(Content.Chunk.from(ByteBuffer.wrap(body), true));
        } catch (RuntimeException damaged) {
            form.failure = damaged;
        }
        if (form.failure != null || !form.complete) {
            throw new Problem(Problem.BAD, "the form", "is damaged, or ends before its end", WAY);
        }
        if (form.files != 1) {
            throw new Problem(
                    Problem.BAD, "the form", form.files == 0 ? "has no file" : "has " + form.files + " files", WAY);
        }
        return form.picture;
    }

    private static @Nullable String boundary(String type) {
        try {
            return MultiPart.extractBoundary(type);
        } catch (IllegalArgumentException damaged) { // a quotation mark that is not closed
            return null;
        }
    }

    @Override
    public void onPartContent(Content.Chunk chunk) {
        byte[] bytes = new byte[chunk.remaining()];
        chunk.getByteBuffer().get(bytes);
        part.writeBytes(bytes);
    }

    @Override
    public void onPart(@Nullable String name, @Nullable String fileName, @Nullable HttpFields headers) {
        if (fileName != null) {
            files++;
            picture = part.toByteArray();
        }
        part.reset();
    }

    @Override
    public void onComplete() {
        complete = true;
    }

    @Override
    public void onFailure(Throwable damaged) {
        failure = damaged;
    }
}
