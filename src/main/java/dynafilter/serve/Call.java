package dynafilter.serve;

import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body is here.
 *
 * @param query the parameters behind the path
 * @param type the header Content-Type; null where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Call(Fields query, @Nullable String type, byte[] body) {}
