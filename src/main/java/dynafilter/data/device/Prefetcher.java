package dynafilter.data.device;

import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CopyStream;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import dynafilter.runtime.TransferBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongUnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The prefetching of images that lie on the host: the next batch is gathered in the background, and sent to the device, while
 * the current one is used.
 */
final class Prefetcher implements AutoCloseable {
    private static final int BLOCK = 1 << 30;

    private final Tensor images; // uint8 [N, 3, H, W]
    private final String name;
    private final ComputeDevice device;
    private final int imageBytes;
    private final int imagesOfBlock;
    private final List<ByteBuffer> blocks =
            new ArrayList<>(); // views of whole images: a buffer cannot be longer than 2 GiB
    private final ExecutorService thread;
    private final CopyStream copies;
    private final NativeOwner owner = new NativeOwner(); // of the buffers
    private final TransferBuffer[] buffers = new TransferBuffer[2];
    private long capacity;
    private int current; // the buffer that was handed out last
    private @Nullable Ahead ahead; // the request that the other one is being filled for; null: none

    private record Request(long from, long size) {}

    private record Ahead(Request request, Future<?> filling) {}

    /**
     * @param images uint8 [N, 3, H, W] on the CPU; the caller keeps it open
     * @param name the name of the set, for messages
     */
    Prefetcher(Tensor images, String name, ComputeDevice device) {
        this.images = images;
        this.name = name;
        this.device = device;
        copies = new CopyStream(device);
        thread = Executors.newSingleThreadExecutor(work -> background(work, device));
        imageBytes = Math.toIntExact(images.nbytes() / images.size(0));
        imagesOfBlock = BLOCK / imageBytes;
        long bytes = images.nbytes();
        long block = (long) imagesOfBlock * imageBytes;
        for (long at = 0; at < bytes; at += block) {
            blocks.add(TensorBytes.view(images, at, (int) Math.min(block, bytes - at)));
        }
    }

    private static Thread background(Runnable work, ComputeDevice device) {
        Thread thread = new Thread(
                () -> {
                    device.bindThread();
                    work.run();
                },
                "image prefetch");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Gives the images at some places of a sequence, and begins to gather those behind them.
     *
     * @param sequence gives the image at a place; the same function until {@link #forget} is called
     * @param end the length of the sequence
     * @return the images at places {@code from} to {@code from + size - 1}, uint8 [size, 3, H, W], sent but not received; they
     *     are to be received before the next call
     */
    TransferBuffer take(long from, long size, LongUnaryOperator sequence, long end) {
        Request wanted = new Request(from, size);
        reserve(size);
        boolean isAtHand = ahead != null && ahead.request.equals(wanted);
        forget(); // waits until the other buffer is full
        if (!isAtHand) {
            fill(buffers[1 - current], wanted, sequence);
        }
        current = 1 - current;
        Request next = new Request(from + size, Math.min(size, end - from - size));
        if (next.size > 0) {
            TransferBuffer other = buffers[1 - current];
            ahead = new Ahead(next, thread.submit(() -> fill(other, next, sequence)));
        }
        return buffers[current];
    }

    /** Forgets the images that were fetched ahead, once they are there: another sequence may begin. */
    void forget() {
        if (ahead != null) {
            await(ahead.filling);
        }
    }

    /** Waits until nothing is being fetched. Where that fails the next {@link #take} says so. */
    void settle() {
        if (ahead != null) {
            try {
                ahead.filling.get();
            } catch (ExecutionException toldByTake) {
                // It asks the same again.
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void await(Future<?> filling) {
        try {
            filling.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof InputException unreadable) {
                throw unreadable;
            }
            throw new IllegalStateException(failure.getCause());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while images were fetched", stop);
        } finally {
            ahead = null;
        }
    }

    private void reserve(long size) {
        if (size <= capacity) {
            return;
        }
        if (size * imageBytes > Integer.MAX_VALUE) {
            throw new InputException(size + " images of " + name
                    + " at a time are more than 2 GiB, which cannot be streamed: take a smaller --batch-size, or --data-memory"
                    + " resident");
        }
        forget();
        capacity = 0;
        owner.close();
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = owner.keep(
                    new TransferBuffer(device, copies, size, images.size(1), images.size(2), images.size(3)));
        }
        capacity = size;
    }

    private void fill(TransferBuffer buffer, Request request, LongUnaryOperator sequence) {
        buffer.awaitSent();
        ByteBuffer target = TensorBytes.view(buffer.host(), 0, Math.toIntExact(request.size * imageBytes));
        try {
            for (int i = 0; i < request.size; i++) {
                long image = sequence.applyAsLong(request.from + i);
                int at = (int) (image % imagesOfBlock) * imageBytes;
                target.put(i * imageBytes, blocks.get((int) (image / imagesOfBlock)), at, imageBytes);
            }
            buffer.send(request.size);
        } catch (InternalError gone) { // Java's word for a fault in mapped memory
            throw new InputException(
                    "the decoded images of " + name
                            + " cannot be read any more: their file was cut off, or its disk fails;"
                            + " run the same command again, with --resume to go on with a run",
                    gone);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            forget();
        } catch (RuntimeException unwanted) {
            // Of images that nobody asks for any more.
        }
        owner.close();
        copies.close();
    }
}
