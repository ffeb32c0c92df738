package dynafilter.serve;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The answers to what is no request that the router could see, such as a header that is too long: JSON as everywhere. */
final class JsonErrors extends ErrorHandler {
    private final Metrics metrics;

    JsonErrors(Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        Reply reply = reply(code, message);
        metrics.answered(Router.OTHER, code, 0);
        response.setStatus(code);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.type());
        response.write(true, ByteBuffer.wrap(reply.body()), callback);
    }

    private static Reply reply(int code, @Nullable String reason) {
        String what = reason == null || reason.isBlank() ? HttpStatus.getMessage(code) : reason;
        return new Problem(code, "the request", "is refused: " + what, "see RFC 9110 and 9112, or use another client")
                .reply();
    }
}
