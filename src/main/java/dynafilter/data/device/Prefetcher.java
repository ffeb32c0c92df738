package dynafilter.data.device;

import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
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

/** Gathers batches of images that lie on the host; the one that will be asked for next in the background. */
final class Prefetcher implements AutoCloseable {
    private static final int BLOCK = 1 << 30;

    private final Tensor images; // uint8 [N, 3, H, W]
    private final String name;
    private final ComputeDevice device;
    private final int imageBytes;
    private final int imagesOfBlock;
    private final List<ByteBuffer> blocks = new ArrayList<>(); // of whole images: a buffer cannot be longer than 2 GiB
    private final ExecutorService thread;
    private final NativeOwner owner = new NativeOwner(); // of the buffers
    private final TransferBuffer[] buffers = new TransferBuffer[2];
    private long capacity;
    private int current; // the buffer that was handed out last
    private Request ahead; // what the other one is being filled with; null for nothing
    private Future<?> filling;

    private record Request(long from, long size) {}

    /**
     * @param images uint8 [N, 3, H, W] on the CPU; the caller keeps it open
     * @param name of the set, for messages
     */
    Prefetcher(Tensor images, String name, ComputeDevice device) {
        this.images = images;
        this.name = name;
        this.device = device;
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
     * The images of some places in a sequence, and starts on those behind them.
     *
     * @param sequence gives the image at a place; the same function as long as nothing was {@linkplain #forget forgotten}
     * @param end of the sequence
     * @return the images at places {@code from} to {@code from + size - 1} in front, uint8 [at least size, 3, H, W]: until the
     *     next call but one
     */
    TransferBuffer take(long from, long size, LongUnaryOperator sequence, long end) {
        Request wanted = new Request(from, size);
        reserve(size);
        if (wanted.equals(ahead)) {
            await();
        } else {
            forget();
            fill(buffers[1 - current], wanted, sequence);
        }
        current = 1 - current;
        ahead = new Request(from + size, Math.min(size, end - from - size));
        if (ahead.size > 0) {
            TransferBuffer other = buffers[1 - current];
            Request next = ahead;
            filling = thread.submit(() -> fill(other, next, sequence));
        } else {
            ahead = null;
        }
        return buffers[current];
    }

    /** Gives up what is being fetched: another sequence begins. */
    void forget() {
        if (ahead != null) {
            await();
        }
    }

    /** Waits until nothing is being fetched. Where that fails the next {@link #take} says so. */
    void settle() {
        if (ahead != null) {
            try {
                filling.get();
            } catch (ExecutionException toldByTake) {
                // It asks the same again.
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void await() {
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
            buffers[i] = owner.keep(new TransferBuffer(device, size, images.size(1), images.size(2), images.size(3)));
        }
        capacity = size;
    }

    private void fill(TransferBuffer buffer, Request request, LongUnaryOperator sequence) {
        buffer.awaitCopied();
        ByteBuffer target = TensorBytes.view(buffer.host(), 0, Math.toIntExact(request.size * imageBytes));
        try {
            for (int i = 0; i < request.size; i++) {
                long image = sequence.applyAsLong(request.from + i);
                int at = (int) (image % imagesOfBlock) * imageBytes;
                target.put(i * imageBytes, blocks.get((int) (image / imagesOfBlock)), at, imageBytes);
            }
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
    }
}
