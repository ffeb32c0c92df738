package dynafilter.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import dynafilter.data.folder.DecoderFingerprint;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.run.ExportFormats;
import dynafilter.run.Interruption;
import dynafilter.run.Version;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ConvolutionLimit;
import dynafilter.runtime.CpuPrecision;
import dynafilter.runtime.CpuTopology;
import dynafilter.runtime.CudaDiagnosis;
import dynafilter.runtime.CudaGpu;
import dynafilter.runtime.DeviceProof;
import dynafilter.runtime.Installation;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Natives;
import dynafilter.runtime.Precision;
import dynafilter.runtime.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** The command {@code doctor}: tells which devices work on this machine, and what keeps the others from working. */
final class DoctorCommand implements Command {
    private static final String FETCH = "fetch";

    /**
     * The document of {@code --json}.
     *
     * @param surroundings what may keep a GPU or memory from this process; empty where nothing is to be told
     * @param gpus each as CUDA tells it, or by name alone
     * @param devices by name "works", or the obstacle
     * @param formats by name, what is done with files of that format
     * @param cpuConvolutions the instructions that convolutions are limited to; null: there is no limit
     * @param cpuBf16Speed of a convolution, relative to fp32; null: the CPU does not work
     */
    private record Findings(
            Software environment,
            Cuda cuda,
            @JsonInclude(Include.NON_EMPTY) Map<String, String> surroundings,
            List<Object> gpus,
            Map<String, String> devices,
            Map<String, String> formats,
            @JsonInclude(Include.NON_NULL) @Nullable String cpuConvolutions,
            @JsonInclude(Include.NON_NULL) @Nullable Double cpuBf16Speed) {}

    /**
     * The software of this machine, in words.
     *
     * @param pictures the library that decodes JPEG
     * @param memory the address space that is left; null: it has no limit
     */
    private record Software(
            String dynafilter,
            String libtorch,
            String java,
            String pictures,
            String os,
            String cpu,
            String allocator,
            String natives,
            @JsonInclude(Include.NON_NULL) @Nullable String memory) {
        static Software found() {
            Natives natives = Natives.look();
            return new Software(
                    Version.ofProgram()
                            + (CudaDiagnosis.isBuilt() ? ", CUDA build" : ", CPU build")
                            + (Installation.isBundle() ? ", portable bundle" : ""),
                    NativeRuntime.torchVersion(),
                    System.getProperty("java.version") + ", " + System.getProperty("java.vendor"),
                    "JPEG library " + DecoderFingerprint.ofThisJava(),
                    NativeRuntime.platform() + ", " + System.getProperty("os.version"),
                    CpuTopology.physicalCores() + " cores, "
                            + Runtime.getRuntime().availableProcessors() + " logical processors",
                    Optional.ofNullable(System.getenv("LD_PRELOAD"))
                            .or(() -> Optional.ofNullable(System.getenv("GLIBC_TUNABLES"))
                                    .map("the system's, "::concat))
                            .orElse("the system's"),
                    natives.state(),
                    natives.addressSpace());
        }
    }

    /**
     * The parts of CUDA on this machine.
     *
     * @param driver its version; null: it is not known
     * @param computeCapabilities that the natives have code for; null: they have none, or it is not known
     * @param warning of what may be wrong with the libraries; null: nothing is
     */
    private record Cuda(
            @Nullable String driver,
            List<Library> libraries,
            @JsonInclude(Include.NON_NULL) @Nullable String computeCapabilities,
            @JsonInclude(Include.NON_NULL) @Nullable String warning) {}

    /** A library of CUDA: see {@link CudaDiagnosis.Library}. */
    private record Library(
            String name,
            @Nullable String version,
            @Nullable Path path,
            @Nullable String install) {
        static Library of(CudaDiagnosis.Library library) {
            return new Library(library.soname(), library.version(), library.path(), library.install());
        }
    }

    @Override
    public String name() {
        return "doctor";
    }

    @Override
    public String summary() {
        return "what device and native libraries are here, what is missing, and the command that fixes it";
    }

    @Override
    public Options options() {
        return CommonOptions.addCompute(new Options()
                .addOption(CommonOptions.valued(
                        FETCH,
                        "NAME",
                        "download what is not shipped: onnxruntime, which runs .onnx files (75 MB), or onnxruntime-web, which"
                                + " export --web puts into pages (33 MB)"))
                .addOption(CommonOptions.json("write the findings as JSON")));
    }

    @Override
    public List<String> examples() {
        return List.of(
                "doctor",
                "doctor --fetch onnxruntime          # once, for .onnx files as --model",
                "doctor --device cuda                # exit code 1 where CUDA does not work",
                "doctor --cuda-libs /opt/venv/lib/python3.12/site-packages/nvidia --json doctor.json");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        JsonOutput json = JsonOutput.of(line);
        fetch(line);
        String asked = line.getOptionValue(CommonOptions.DEVICE, "auto");
        CudaDiagnosis machine = CudaDiagnosis.ofMachine(CommonOptions.path(line, CommonOptions.CUDA_LIBS));
        Software software = Software.found();
        JsonFile.values(software).forEach(DoctorCommand::print);
        Cuda cuda = describe(machine);
        Map<String, String> surroundings = Surroundings.ofMachine().lines(machine);
        surroundings.forEach(DoctorCommand::print);
        List<Object> gpus = new ArrayList<>();
        Map<String, String> verdicts = verdicts(line, asked, machine, gpus);
        boolean hasCpu = "works".equals(verdicts.get("cpu"));
        Optional<String> limit = hasCpu ? ConvolutionLimit.instructions() : Optional.empty();
        limit.ifPresent(isa -> print(
                "cpu conv", "limited to " + isa + ": with all instructions of this processor oneDNN's come out wrong"));
        Double speed = hasCpu ? CpuPrecision.speed(Precision.BF16) : null;
        if (speed != null) {
            print("cpu bf16", describe(speed));
        }
        Map<String, String> formats = new LinkedHashMap<>();
        ExportFormats.all().forEach(format -> formats.put(format.name(), format.door()));
        formats.forEach((name, door) -> print("format", name + ": " + door));
        json.write(new Findings(software, cuda, surroundings, gpus, verdicts, formats, limit.orElse(null), speed));
        boolean works = verdicts.entrySet().stream()
                .filter(verdict -> asked.equals("auto") || verdict.getKey().equals(asked))
                .anyMatch(verdict -> verdict.getValue().equals("works"));
        return works ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static void fetch(CommandLine line) {
        if (!line.hasOption(FETCH)) {
            return;
        }
        switch (line.getOptionValue(FETCH)) {
            case "onnxruntime" -> ExportChecking.fetchOnnxRuntime();
            case "onnxruntime-web" -> WebExport.runtime();
            default ->
                throw new InputException(
                        "--fetch " + line.getOptionValue(FETCH) + ": give onnxruntime or onnxruntime-web");
        }
    }

    private static String describe(double bf16) {
        return String.format(Locale.ROOT, "a convolution at %.2f of fp32's speed", bf16)
                + (CpuPrecision.isSlow(bf16) ? ": on this CPU --precision fp32 is faster" : "");
    }

    private static void print(String name, @Nullable Object value) {
        System.out.printf("%-11s%s%n", name, value);
    }

    private static Cuda describe(CudaDiagnosis machine) {
        print(
                "driver",
                Optional.ofNullable(machine.driverVersion())
                        .orElse(machine.hasDriver() ? "of unknown version" : "none"));
        String capabilities = CudaDiagnosis.isBuilt() ? capabilities(machine) : null;
        machine.warning().ifPresent(warning -> print("warning", warning));
        return new Cuda(
                machine.driverVersion(),
                machine.libraries().stream().map(Library::of).toList(),
                capabilities,
                machine.warning().orElse(null));
    }

    /** Prints the libraries and the compute capabilities of the code for GPUs, and returns these; null where they are not known. */
    private static @Nullable String capabilities(CudaDiagnosis machine) {
        int width = machine.libraries().stream()
                .mapToInt(library -> library.soname().length())
                .max()
                .orElse(0);
        for (CudaDiagnosis.Library library : machine.libraries()) {
            System.out.printf(
                    "  %-" + width + "s  %s%n",
                    library.soname(),
                    library.path() == null ? "missing" : String.format("%-12s %s", library.version(), library.path()));
        }
        machine.missing().ifPresent(missing -> print("missing", missing));
        try {
            String capabilities = CudaGpu.architectures().stream()
                    .map(code -> code / 10 + "." + code % 10)
                    .collect(Collectors.joining(", "));
            print("GPU code", "for compute capability " + capabilities);
            return capabilities;
        } catch (IOException unreadable) {
            print("GPU code", unreadable.getMessage());
            return null;
        }
    }

    /** The verdicts by device: "works", or the obstacle. Each is printed before the next device is tried, which may end the process. */
    private static Map<String, String> verdicts(
            CommandLine line, String asked, CudaDiagnosis machine, List<Object> gpus) {
        Map<String, String> verdicts = new LinkedHashMap<>();
        try {
            NativeRuntime.load(machine, !asked.equals("cpu"));
        } catch (InputException failure) {
            tell(verdicts, "cpu", String.valueOf(failure.getMessage()));
            return verdicts;
        }
        NativeRuntime.useThreads(CommonOptions.threads(line, CpuTopology.defaultThreads()));
        tell(verdicts, "cpu", DeviceProof.problem(ComputeDevice.CPU).orElse(null));
        if (asked.equals("cpu")) {
            return verdicts;
        }
        gpus.addAll(machine.problem().isEmpty() ? CudaGpu.all() : machine.gpus());
        gpus.forEach(gpu -> print("GPU", gpu));
        String name = asked.equals("auto") ? "cuda" : asked;
        tell(
                verdicts,
                name,
                ComputeDevice.cudaProblem(name, machine)
                        .or(() -> DeviceProof.problem(ComputeDevice.choose(name, machine)))
                        .orElse(null));
        return verdicts;
    }

    private static void tell(Map<String, String> verdicts, String device, @Nullable String problem) {
        verdicts.put(device, problem == null ? "works" : problem);
        print(device, problem == null ? "works" : "does not work: " + problem);
    }
}
