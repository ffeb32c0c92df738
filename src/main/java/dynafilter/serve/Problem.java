package dynafilter.serve;

import java.util.LinkedHashMap;
import java.util.Map;

/** A request that is not answered as it wishes: what is wrong, where, and what to do about it. */
final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1;

    static final int BAD = 400;
    static final int UNAUTHORISED = 401;
    static final int NOT_FOUND = 404;
    static final int BAD_METHOD = 405;
    static final int TIMEOUT = 408;
    static final int TOO_LARGE = 413;
    static final int UNSUPPORTED = 415;
    static final int UNPROCESSABLE = 422;
    static final int TOO_MANY = 429;
    static final int FAILED = 500;
    static final int UNAVAILABLE = 503;

    private final int status;
    private final String what;
    private final String where;
    private final String remedy;
    private final Map<String, String> headers = new LinkedHashMap<>();

    /**
     * @param status of HTTP
     * @param what is wrong, as the end of a sentence that begins with {@code where}
     * @param where the part of the request, such as "the body"
     * @param remedy what to do
     */
    Problem(int status, String where, String what, String remedy) {
        super(where + " " + what + "; " + remedy, null, false, false); // an answer, of which no stack trace is kept
        this.status = status;
        this.what = what;
        this.where = where;
        this.remedy = remedy;
    }

    /** Adds a header to the answer. */
    Problem with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    int status() {
        return status;
    }

    /** The answer: the whole line as "error", where clients of the Open Inference Protocol look for it, and its parts. */
    Reply reply() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("error", getMessage());
        document.put("what", what);
        document.put("where", where);
        document.put("do", remedy);
        return Reply.json(status, document).with(headers);
    }
}
