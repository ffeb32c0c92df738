package dynafilter.distributed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** A way to a port of this machine that can be cut: connections stay open, and nothing comes through any more. */
public final class CutCable implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new ArrayList<>();
    private volatile boolean cut;

    public CutCable() throws IOException {}

    /** The port that leads to another. */
    public int to(int port) {
        start(() -> {
            while (true) {
                connect(server.accept(), port);
            }
        });
        return server.getLocalPort();
    }

    public void cut() {
        cut = true;
    }

    private void connect(Socket near, int port) throws IOException {
        Socket far = null;
        while (far == null) {
            try {
                far = new Socket(InetAddress.getLoopbackAddress(), port);
            } catch (SocketException notYet) {
                far = null; // the store opens a moment later
            }
        }
        Socket there = far;
        synchronized (sockets) {
            sockets.addAll(List.of(near, there));
        }
        near.setTcpNoDelay(true);
        there.setTcpNoDelay(true);
        start(() -> carry(near, there));
        start(() -> carry(there, near));
    }

    private void carry(Socket from, Socket to) throws IOException {
        byte[] bytes = new byte[4096];
        for (int count = from.getInputStream().read(bytes);
                count >= 0;
                count = from.getInputStream().read(bytes)) {
            if (!cut) {
                to.getOutputStream().write(bytes, 0, count);
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (SocketException closed) {
                // The test is over.
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        synchronized (sockets) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
