package dynafilter.serve;

import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;
import org.jspecify.annotations.Nullable;

/** The word that clients have to know, as in RFC 6750's {@code Authorization: Bearer TOKEN}. */
public final class BearerToken {
    private static final String SCHEME = "bearer ";
    private static final int LEAST = 16;
    private static final int MOST = 4096;
    private static final Pattern LETTERS = Pattern.compile("[A-Za-z0-9._~+/=-]+"); // RFC 6750's

    private final byte @Nullable [] digest; // null: everyone may ask

    BearerToken(@Nullable String token) {
        digest = token == null ? null : digest(token);
    }

    /**
     * Reads a token from its file, without the spaces and ends of lines round it.
     *
     * @throws InputException where the file cannot be read, or holds no token; the message does not show it
     */
    public static String read(Path file) {
        String way = "; make one: openssl rand -hex 32 >" + file;
        String token;
        try {
            if (Files.isRegularFile(file) && Files.size(file) > MOST) {
                throw new InputException("--token-file " + file + " is too long for a token" + way);
            }
            token = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        } catch (IOException unreadable) {
            throw new InputException(
                    "--token-file " + file + " cannot be read: " + FileErrors.reason(unreadable) + way, unreadable);
        }
        if (token.length() < LEAST || !LETTERS.matcher(token).matches()) {
            throw new InputException("--token-file " + file + " must hold one word of at least " + LEAST
                    + " letters, digits and ._~+/=-" + way);
        }
        return token;
    }

    /**
     * Sees that a client knows the token. How long that takes tells nothing of the token: digests are compared, in constant time.
     *
     * @param authorization the header's value; null where there is none
     * @throws Problem where it does not
     */
    void require(@Nullable String authorization) {
        if (digest == null) {
            return;
        }
        String given =
                authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)
                        ? authorization.substring(SCHEME.length()).strip()
                        : null;
        boolean bearer = given != null;
        if (!MessageDigest.isEqual(digest, digest(given == null ? "" : given)) || !bearer) {
            throw new Problem(
                            Problem.UNAUTHORISED,
                            "the header Authorization",
                            bearer ? "has a token that is not this server's" : "has no bearer token",
                            "send \"Authorization: Bearer TOKEN\" with the token of its --token-file")
                    .with("WWW-Authenticate", bearer ? "Bearer error=\"invalid_token\"" : "Bearer");
        }
    }

    private static byte[] digest(String token) {
        return DigestUtils.sha256(token.getBytes(StandardCharsets.ISO_8859_1));
    }
}
