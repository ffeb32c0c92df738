/**
 * A trained network as a service over HTTP. {@link dynafilter.serve.ModelServer} is the whole of it: it listens, answers, and
 * stops without losing a request that it has taken. Where to begin to read: {@code Router} knows the paths, {@code BodyReader}
 * takes a body within its limits, {@code ClassifyEndpoint} and {@code InferEndpoint} make pictures of it, {@code Batcher} gathers
 * the pictures of all requests into batches, and a {@link dynafilter.serve.Scorer} scores them: the only way from here to
 * networks. Jetty is known to the classes that touch the wire; a request that is wrong ends as a {@code Problem}, which says what,
 * where and what to do. The room knows no option, ends no process and never prints: its messages go to the program's log.
 */
@NullMarked
package dynafilter.serve;

import org.jspecify.annotations.NullMarked;
