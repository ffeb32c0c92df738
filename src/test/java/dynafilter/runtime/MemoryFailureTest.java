package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What libtorch and the libraries of CUDA say where memory runs out, word for word. */
class MemoryFailureTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CUDA out of memory. Tried to allocate 2 GiB. GPU 0 has 1 GiB free. See x | CUDA out of memory. Tried to allocate 2 GiB. GPU 0 has 1 GiB free
            CUDA error: out of memory@frames | CUDA error: out of memory
            CUDA driver error: out of memory | CUDA driver error: out of memory
            CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`@x | CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`
            cuDNN error: CUDNN_STATUS_ALLOC_FAILED | CUDNN_STATUS_ALLOC_FAILED
            cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED | CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED
            GET was unable to find an engine to execute this computation | probably out of memory for cuDNN's workspace: GET was unable to find an engine to execute this computation
            FIND was unable to find an engine to execute this computation@x | probably out of memory for cuDNN's workspace: FIND was unable to find an engine to execute this computation
            NCCL error in: x.cpp:94, unhandled cuda error, NCCL version 2.28.9@ncclUnhandledCudaError: Call to CUDA function failed.@Last error:@Cuda failure 2 'out of memory' | NCCL: Cuda failure 2 'out of memory'
            NCCL error in: x.cpp:94, unhandled cuda error, NCCL version 2.28.9@Last error:@Failed to CUDA calloc async 608 bytes@more | NCCL: Failed to CUDA calloc async 608 bytes
            """)
    void isCalledThat(String message, String told) {
        assertEquals(
                told,
                OutOfMemory.in(new RuntimeException(message.replace('@', '\n'))).orElse("another failure"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(handle)`",
                "cuDNN error: CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
                "NCCL error in: x.cpp:94, invalid usage\nLast error:\nDuplicate GPU detected : rank 0 and rank 1",
                "CUDA error: an illegal memory access was encountered"
            })
    void anotherFailureIsNot(String message) {
        assertEquals(true, OutOfMemory.in(new RuntimeException(message)).isEmpty());
    }
}
