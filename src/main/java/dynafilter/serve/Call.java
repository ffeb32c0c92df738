package dynafilter.serve;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body is here.
 *
 * @param query the parameters behind the path
 * @param headers of HTTP
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Call(Fields query, HttpFields headers, byte[] body) {
    /** The value of a header; null where there is none. */
    @Nullable
    String header(String name) {
        return headers.get(name);
    }
}
