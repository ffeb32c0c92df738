package dynafilter.serve;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The server's paths. */
final class Routes {
    private static final String MODEL = "/v2/models/NAME";

    /**
     * A path, which has a document to get, or an endpoint that takes bodies.
     *
     * @param pattern the path for the metrics, in which the network is NAME
     * @param isOpen true: everyone may ask; false: who knows the token
     */
    record Route(
            String pattern,
            boolean isOpen,
            @Nullable Supplier<Reply> document,
            @Nullable BodyEndpoint endpoint) {}

    private final Map<String, Route> routes = new HashMap<>();
    private final String modelPath;

    /** @param name the network's */
    Routes(String name) {
        modelPath = "/v2/models/" + name;
    }

    /** The path of the network's metadata. */
    String modelPath() {
        return modelPath;
    }

    /** Adds a document that whoever knows the token may get. */
    Routes get(String path, Supplier<Reply> document) {
        routes.put(path, new Route(path, false, document, null));
        return this;
    }

    /** Adds a document that everyone may get. */
    Routes open(String path, Supplier<Reply> document) {
        routes.put(path, new Route(path, true, document, null));
        return this;
    }

    /** Adds an endpoint that takes bodies. */
    Routes post(String path, BodyEndpoint endpoint) {
        routes.put(path, new Route(path, false, null, endpoint));
        return this;
    }

    /** Adds the network's own paths, with and without its version. */
    Routes model(Supplier<Reply> metadata, Supplier<Reply> ready, BodyEndpoint infer) {
        for (String path : new String[] {modelPath, modelPath + "/versions/" + Protocol.VERSION}) {
            routes.put(path, new Route(MODEL, false, metadata, null));
            routes.put(path + "/ready", new Route(MODEL + "/ready", true, ready, null));
            routes.put(path + "/infer", new Route(MODEL + "/infer", false, null, infer));
        }
        return this;
    }

    /** The route of a path, with or without a slash at its end; null where there is none. */
    @Nullable
    Route find(String path) {
        boolean ends = path.length() > 1 && path.endsWith("/");
        return routes.get(ends ? path.substring(0, path.length() - 1) : path);
    }
}
