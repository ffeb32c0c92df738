package dynafilter.runtime;

import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.cuda.CUDAAllocator;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.cuda.DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair;
import org.bytedeco.pytorch.cuda.StreamFilter;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * A CUDA graph: work of the current CUDA device and stream, captured once and launched as a whole. It does as
 * {@code at::cuda::CUDAGraph}, which the binding lacks: a memory pool of its own keeps the addresses that the captured kernels
 * use from being handed out again.
 */
final class CudaGraph implements RepeatedWork.Capture {
    /**
     * libtorch names a pool by a pair of numbers and counts them from one. The binding's own {@code graph_pool_handle}
     * cannot be used: it takes the pair for one of vectors, and freeing that ends the process.
     */
    private static final long FIRST_POOL = 1L << 40;

    private static final AtomicLong POOLS = new AtomicLong();

    private final byte device;
    private final CUstream_st stream;
    private final DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair
            pool; // not one: only its two numbers are read
    private final CUgraphExec_st executable = new CUgraphExec_st();
    private final NativeOwner owner;

    private CudaGraph() {
        try (NativeOwner building = new NativeOwner();
                CUDAStream current = torch_cuda.getCurrentCUDAStream()) {
            device = torch_cuda.current_device();
            stream = current.stream();
            LongPointer poolId = building.keep(new LongPointer(FIRST_POOL + POOLS.getAndIncrement(), 0L));
            pool = new DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair(poolId);
            owner = building.handOver();
        }
    }

    /**
     * Captures the kernels that {@code work} launches; none of them is executed.
     *
     * @throws RuntimeException where CUDA refuses, as for work that waits for the device; the stream is then usable as before
     */
    static CudaGraph capture(Runnable work) {
        CudaGraph graph = new CudaGraph();
        CUgraph_st recorded = new CUgraph_st();
        CUDAAllocator allocator = torch_cuda.getAllocator();
        // What the runs before left in the cache is of no use to the pool, and the network's activations are most of
        // it.
        torch_cuda.device_synchronize();
        allocator.emptyCache();
        try (OwnStream ownStream = new OwnStream(graph.stream)) {
            allocator.beginAllocateToPool(graph.device, graph.pool, ownStream);
            try {
                graph.record(work, recorded);
            } finally {
                allocator.endAllocateToPool(graph.device, graph.pool);
            }
            // What the work allocates past libtorch's pool and keeps is freed at the next launch, which would fail
            // otherwise.
            check(
                    cudart.cudaGraphInstantiate(
                            graph.executable, recorded, cudart.cudaGraphInstantiateFlagAutoFreeOnLaunch),
                    "cudaGraphInstantiate");
            return graph;
        } catch (RuntimeException failure) {
            graph.close();
            throw failure;
        } finally {
            if (!recorded.isNull()) {
                cudart.cudaGraphDestroy(recorded);
            }
        }
    }

    private void record(Runnable work, CUgraph_st recorded) {
        // Of this thread: a capture that is global fails where another thread waits for an event, as the one that
        // fetches images does, and that wait fails, too. What autograd's thread launches is captured anyway.
        check(cudart.cudaStreamBeginCapture(stream, cudart.cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
        try {
            work.run();
        } catch (RuntimeException failure) {
            // Ends the capture, which the failure may have made invalid already: the first error is the one to tell.
            cudart.cudaStreamEndCapture(stream, recorded);
            cudart.cudaGetLastError();
            clearErrorOfAutograd();
            throw failure;
        }
        check(cudart.cudaStreamEndCapture(stream, recorded), "cudaStreamEndCapture");
    }

    @Override
    public void replay() {
        check(cudart.cudaGraphLaunch(executable, stream), "cudaGraphLaunch");
    }

    @Override
    public void close() {
        if (!executable.isNull()) {
            torch_cuda.device_synchronize(); // a launch may still be under way
            cudart.cudaGraphExecDestroy(executable);
            executable.setNull();
        }
        torch_cuda.getAllocator().releasePool(device, pool);
        owner.close();
    }

    /**
     * Takes the error of a call that failed in autograd's thread out of that thread, which has its own: the next operator there
     * would report it as its own, and this is that operator.
     */
    private static void clearErrorOfAutograd() {
        try (PointerScope scope = new PointerScope()) {
            Tensor one = torch.ones(new long[] {1}).to(new Device(DeviceType.CUDA), ScalarType.Float);
            one.set_requires_grad(true);
            one.mul(one).backward();
        } catch (RuntimeException reported) {
            // It was there, and is gone.
        }
    }

    private static void check(int error, String call) {
        if (error != cudart.cudaSuccess) {
            cudart.cudaGetLastError(); // it stays set otherwise, and the next operator would report it as its own
            throw new IllegalStateException(
                    call + ": " + cudart.cudaGetErrorString(error).getString());
        }
    }

    /** Sends the allocations of one stream to the pool, whichever thread makes them: backward has a thread of its own. */
    private static final class OwnStream extends StreamFilter {
        private final long own;

        OwnStream(Pointer stream) {
            own = stream.address();
        }

        @Override
        public boolean call(@Nullable Pointer stream) {
            return stream != null && stream.address() == own;
        }
    }
}
