package dynafilter.serve;

import java.time.Duration;

/**
 * What a client may take of the server, beside what the options say.
 *
 * @param pictureBody the most bytes of a picture's request
 * @param idle how long a connection may be silent
 * @param body how long a body may take in all
 * @param header how long the header of a request may take
 * @param connections how many there may be at once; further clients wait to be taken
 * @param linger how long a server that is asked to stop goes on taking requests, so that whoever sends them here hears of it
 * @param drain how long the requests that were taken may take after that
 */
record Limits(
        int pictureBody,
        Duration idle,
        Duration body,
        Duration header,
        int connections,
        Duration linger,
        Duration drain) {
    static final Limits DEFAULT = new Limits(
            32 << 20,
            Duration.ofSeconds(20),
            Duration.ofMinutes(2),
            Duration.ofSeconds(10),
            1000,
            Duration.ofSeconds(1),
            Duration.ofMinutes(2));

    private static final int BYTES_A_NUMBER = 32; // of a tensor's element as JSON, with spaces and a line's end
    private static final int FRAME = 1 << 16;

    /** The most bytes of a request with tensors: as many as a whole batch of them has. */
    int tensorBody(int maxBatch, int imageSize) {
        return (int)
                Math.min(Integer.MAX_VALUE / 2, FRAME + (long) maxBatch * 3 * imageSize * imageSize * BYTES_A_NUMBER);
    }
}
