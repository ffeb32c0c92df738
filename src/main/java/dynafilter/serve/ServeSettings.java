package dynafilter.serve;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a server.
 *
 * @param host the address to listen at
 * @param port 0: any that is free
 * @param name the network's, in paths
 * @param maxBatch the most pictures that are scored at once, and that a request may have
 * @param maxWait how long a picture may wait for others of its batch
 * @param queue the most pictures that wait; further ones are refused
 * @param maxPixels the most pixels of a picture
 * @param exif true: pictures are turned as their Exif orientation says; false: they stay as they are stored
 * @param rejects true: a picture below the network's threshold is answered "none of these", where it has one; false: never
 * @param token the word that clients have to know; null: everyone may ask
 */
public record ServeSettings(
        String host,
        int port,
        String name,
        int maxBatch,
        Duration maxWait,
        int queue,
        long maxPixels,
        boolean exif,
        boolean rejects,
        @Nullable String token) {}
