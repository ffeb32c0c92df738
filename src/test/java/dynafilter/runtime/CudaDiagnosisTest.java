package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The search, over folders that look like machines with CUDA, or with parts of it. Nothing in them can be loaded. */
class CudaDiagnosisTest {
    @TempDir
    private Path root;

    private final Map<String, String> environment = new HashMap<>();

    private Path file(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.exists(file) ? file : Files.createFile(file);
    }

    private void link(String path, String target) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.createSymbolicLink(root.resolve(path), Path.of(target));
    }

    private void driver(String version) throws IOException {
        file("usr/lib/x86_64-linux-gnu/libcuda.so." + version);
        link("usr/lib/x86_64-linux-gnu/libcuda.so.1", "libcuda.so." + version);
    }

    /** All libraries but those whose names begin so. */
    private void libraries(String folder, String... without) throws IOException {
        for (CudaLibrary library : CudaLibrary.all()) {
            if (List.of(without).stream().noneMatch(library.soname()::startsWith)) {
                file(folder + "/" + library.soname());
            }
        }
    }

    private CudaDiagnosis diagnosis(Path named) {
        return new CudaDiagnosis(true, new LibrarySearch(named, environment, root), root);
    }

    private String problem() {
        return diagnosis(null).problem().orElse("none");
    }

    private Path pathOf(String soname, Path named) {
        return diagnosis(named).libraries().stream()
                .filter(library -> library.soname().equals(soname))
                .findFirst()
                .orElseThrow()
                .path();
    }

    @Test
    void aWholeMachineHasNoProblem() throws IOException {
        driver("580.159.03");
        libraries("usr/local/cuda-13.1/lib64");
        assertEquals("none", problem());
        assertEquals("580.159.03", diagnosis(null).driverVersion());
    }

    @Test
    void withoutADriverThereIsNothingToWarnOf() throws IOException {
        libraries("usr/local/cuda/lib64");
        assertFalse(diagnosis(null).hasDriver());
        assertTrue(problem().startsWith("there is no NVIDIA driver here"), problem());
    }

    @Test
    void theKernelTellsVersionAndGpus() throws IOException {
        libraries("usr/local/cuda/lib64");
        Files.writeString(
                file("proc/driver/nvidia/version"),
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build  (dvs)\nGCC version:\n");
        Files.writeString(
                file("proc/driver/nvidia/gpus/0000:01:00.0/information"), "Model: \t\t NVIDIA H200\nIRQ: 1\n");
        CudaDiagnosis diagnosis = diagnosis(null);
        assertEquals("570.86.10", diagnosis.driverVersion());
        assertEquals(List.of("NVIDIA H200"), diagnosis.gpus());
        assertTrue(problem().contains("libcuda.so.1 is missing"), problem());
        driver("570.86.10");
        assertEquals("the NVIDIA driver 570.86.10 is too old for CUDA 13; install 580 or newer", problem());
    }

    @Test
    void asManyProcessesAsGpusCanHaveOneEach() throws IOException {
        driver("580.10");
        assertTrue(diagnosis(null).tooFewGpus(9, null).isEmpty()); // the kernel does not tell
        Files.writeString(file("proc/driver/nvidia/gpus/0000:01:00.0/information"), "Model: \t\t NVIDIA H200\n");
        assertTrue(diagnosis(null).tooFewGpus(1, null).isEmpty());
        assertEquals(
                "there is 1 GPU here, and each process needs one of its own",
                diagnosis(null).tooFewGpus(2, "0,1").orElseThrow());
        Files.writeString(file("proc/driver/nvidia/gpus/0000:02:00.0/information"), "Model: \t\t NVIDIA H200\n");
        assertTrue(diagnosis(null).tooFewGpus(2, "").isEmpty());
        assertEquals(
                "there are 2 GPUs here, and each process needs one of its own",
                diagnosis(null).tooFewGpus(3, null).orElseThrow());
        assertEquals(
                "there is 1 GPU in CUDA_VISIBLE_DEVICES=1, and each process needs one of its own",
                diagnosis(null).tooFewGpus(2, "1").orElseThrow());
    }

    @Test
    void aLibraryNewerThanTheKernelsModuleCounts() throws IOException {
        libraries("usr/local/cuda/lib64");
        Files.writeString(file("proc/driver/nvidia/version"), "NVRM version: NVIDIA UNIX Kernel Module  535.10  x\n");
        driver("590.44.01");
        assertEquals("none", problem());
    }

    @Test
    void whatIsMissingIsNamedWithTheCommandThatInstallsIt() throws IOException {
        driver("580.10");
        libraries("usr/local/cuda/lib64", "libcudnn", "libnccl");
        assertTrue(
                problem()
                        .endsWith("libcudnn.so.9, libnccl.so.2 are missing; install with: pip install nvidia-cudnn-cu13"
                                + " nvidia-nccl-cu13 (or, from NVIDIA's repository, apt-get install libcudnn9-cuda-13 libnccl2); or name the"
                                + " folder that has them with --cuda-libs"),
                problem());
    }

    @Test
    void anOlderOneIsNamedToo() throws IOException {
        driver("580.10");
        libraries("usr/local/cuda/lib64", "libcufft");
        Path old = file("usr/local/cuda/lib64/libcufft.so.11.0.2");
        assertTrue(
                problem()
                        .startsWith("libcufft.so.12 (only the older " + old + " is here) is missing; install with: pip"
                                + " install nvidia-cufft "),
                problem());
    }

    @Test
    void aPythonEnvironmentIsSearchedAndTellsVersions() throws IOException {
        driver("580.10");
        String site = "opt/venv/lib/python3.12/site-packages";
        libraries(site + "/nvidia/cu13/lib", "libcudnn", "libnccl");
        libraries(site + "/nvidia/cudnn/lib", "libcu", "libnv", "libnccl");
        for (CudaLibrary library : CudaLibrary.all()) {
            if (library.soname().startsWith("libcudnn")) {
                file(site + "/nvidia/cudnn/lib/" + library.soname());
            }
        }
        file(site + "/nvidia/nccl/lib/libnccl.so.2");
        Files.createDirectories(root.resolve(site + "/nvidia_cublas-13.1.0.3.dist-info"));
        Files.createDirectories(root.resolve(site + "/nvidia_nccl_cu13-2.28.9.dist-info"));
        for (String variable : new String[] {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            environment.clear();
            environment.put(variable, root.resolve("opt/venv").toString());
            assertEquals("none", problem());
        }
        environment.clear();
        Path python = file("opt/venv/bin/python3");
        assertTrue(python.toFile().setExecutable(true));
        environment.put("PATH", root.resolve("nowhere") + ":" + python.getParent());
        assertEquals("none", problem());
        link("usr/local/bin/python3", "../../../opt/venv/bin/python3");
        environment.put("PATH", root.resolve("usr/local/bin").toString());
        assertEquals("none", problem());
        Map<String, String> versions = new HashMap<>();
        diagnosis(null).libraries().forEach(library -> versions.put(library.soname(), library.version()));
        assertEquals("13.1.0.3", versions.get("libcublas.so.13"));
        assertEquals("2.28.9", versions.get("libnccl.so.2"));
        assertEquals("12", versions.get("libcufft.so.12"));
    }

    @Test
    void whateverElseCudnnHasBesideItIsLoadedToo() throws IOException {
        libraries("opt/cudnn/lib");
        libraries("usr/lib64");
        file("opt/cudnn/lib/libcudnn_ext.so.9");
        file("opt/cudnn/lib/libcudnn_engines_tensor_ir.so.9");
        file("opt/cudnn/lib/libcudnn_ext.so.9.20.0"); // the file behind a link
        file("opt/cudnn/lib/libcudnn_old.so.8");
        file("usr/lib64/libcudnn_system.so.9");
        List<String> names = CudnnLibraries.unlisted(found(root.resolve("opt/cudnn"))).stream()
                .map(root::relativize)
                .map(Path::toString)
                .toList();
        assertEquals(
                List.of("opt/cudnn/lib/libcudnn_engines_tensor_ir.so.9", "opt/cudnn/lib/libcudnn_ext.so.9"), names);
        assertEquals(1, CudnnLibraries.unlisted(found(null)).size());
    }

    @Test
    void withoutCudnnNothingElseIsLoaded() throws IOException {
        libraries("usr/lib64", "libcudnn.so");
        file("usr/lib64/libcudnn_ext.so.9");
        assertEquals(List.of(), CudnnLibraries.unlisted(found(null)));
        assertTrue(diagnosis(null).warning().isEmpty());
    }

    @Test
    void cudnnOfTwoFoldersIsWarnedOf() throws IOException {
        driver("580.10");
        libraries("opt/cudnn/lib", "libcudnn_adv", "libcudnn_ops");
        libraries("usr/lib64");
        String warning = diagnosis(root.resolve("opt/cudnn")).warning().orElseThrow();
        assertTrue(
                warning.startsWith("cuDNN is mixed: libcudnn.so.9 is of "
                        + root.resolve("opt/cudnn/lib").toRealPath()
                        + ", but not " + root.resolve("usr/lib64/libcudnn_ops.so.9") + ", "
                        + root.resolve("usr/lib64/libcudnn_adv.so.9") + "; "),
                warning);
        assertTrue(diagnosis(root.resolve("opt/cudnn")).problem().isEmpty());
        assertTrue(diagnosis(null).warning().isEmpty());
        link("lib64", "usr/lib64");
        assertTrue(diagnosis(root.resolve("lib64")).warning().isEmpty());
    }

    private List<LibrarySearch.Found> found(Path named) {
        LibrarySearch search = new LibrarySearch(named, environment, root);
        return CudaLibrary.all().stream().map(search::find).toList();
    }

    @Test
    void theNamedFolderComesFirstAndThenTheEnvironments() throws IOException {
        libraries("usr/lib64");
        libraries("home/cuda/lib64");
        libraries("elsewhere");
        libraries("named/nvidia/cu13/lib");
        String soname = "libcublas.so.13";
        assertEquals(root.resolve("usr/lib64").resolve(soname), pathOf(soname, null));
        environment.put("LD_LIBRARY_PATH", root.resolve("elsewhere").toString());
        assertEquals(root.resolve("elsewhere").resolve(soname), pathOf(soname, null));
        environment.put("CUDA_HOME", root.resolve("home/cuda").toString());
        assertEquals(root.resolve("home/cuda/lib64").resolve(soname), pathOf(soname, null));
        Path named = root.resolve("named/nvidia/cu13/lib").resolve(soname);
        assertEquals(named, pathOf(soname, root.resolve("named")));
        assertEquals(named, pathOf(soname, root.resolve("named/nvidia")));
        assertEquals(named, pathOf(soname, named.getParent()));
    }

    @Test
    void aLinkTellsTheVersionOfTheFileBehindIt() throws IOException {
        file("usr/lib64/libcudart.so.13.1.80");
        link("usr/lib64/libcudart.so.13", "libcudart.so.13.1.80");
        CudaDiagnosis.Library found = diagnosis(null).libraries().get(0);
        assertEquals("13.1.80", found.version());
        assertNull(found.install());
    }

    @Test
    void evenTheCpuNeedsSomeOfThem() throws IOException {
        libraries("usr/lib64", "libcupti");
        String missing = assertThrows(
                        InputException.class, () -> diagnosis(null).load(false))
                .getMessage();
        assertTrue(
                missing.startsWith("the CUDA build needs some libraries even on the CPU: libcupti.so.13 is missing"),
                missing);
        libraries("usr/lib64");
        String broken = assertThrows(InputException.class, () -> diagnosis(null).load(false))
                .getMessage();
        assertTrue(broken.contains("usr/lib64/libcudart.so.13 cannot be loaded: file too short; repair it"), broken);
    }

    @Test
    void aBuildWithoutCudaLooksForNothing() throws IOException {
        driver("580.10");
        CudaDiagnosis diagnosis = new CudaDiagnosis(false, new LibrarySearch(null, environment, root), root);
        diagnosis.load(true);
        assertEquals(List.of(), diagnosis.libraries());
        assertTrue(diagnosis.problem().orElseThrow().startsWith("this build has no CUDA"));
    }

    @Test
    void aGpuNeedsCodeOfItsMajorCapability() {
        CudaGpu gpu = new CudaGpu("NVIDIA H200", 1L << 37, 9, 0);
        assertTrue(gpu.problem(new TreeSet<>(List.of(80, 90))).isEmpty());
        assertTrue(new CudaGpu("A10", 1, 8, 6)
                .problem(new TreeSet<>(List.of(80, 90)))
                .isEmpty());
        assertTrue(gpu.problem(new TreeSet<>(List.of(80, 100)))
                .orElseThrow()
                .startsWith("NVIDIA H200 has compute capability 9.0, and the natives have code for 8.0, 10.0 only"));
    }
}
