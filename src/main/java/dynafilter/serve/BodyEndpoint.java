package dynafilter.serve;

import java.util.concurrent.CompletableFuture;

/** What answers requests that have a body. */
interface BodyEndpoint {
    /** The most bytes of a body. */
    int bodyLimit();

    /**
     * Answers a request, by a thread for decoding.
     *
     * @param ticket the request's place in the queue
     * @throws Problem where the request is wrong
     */
    CompletableFuture<Reply> answer(Call call, Batcher.Ticket ticket);
}
