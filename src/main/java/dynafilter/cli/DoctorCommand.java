package dynafilter.cli;

import dynafilter.data.folder.DecoderPrint;
import dynafilter.io.InputException;
import dynafilter.run.Interruption;
import dynafilter.run.Version;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CpuPrecision;
import dynafilter.runtime.CpuTopology;
import dynafilter.runtime.CudaDiagnosis;
import dynafilter.runtime.CudaGpu;
import dynafilter.runtime.DeviceProof;
import dynafilter.runtime.Installation;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Natives;
import dynafilter.runtime.Precision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code doctor}: which devices work here, and what is in the way of the others. */
final class DoctorCommand implements Command {
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
        return CommonOptions.addCompute(new Options().addOption(CommonOptions.json("write the findings as JSON")));
    }

    @Override
    public List<String> examples() {
        return List.of(
                "doctor",
                "doctor --device cuda                # exit code 1 where CUDA does not work",
                "doctor --cuda-libs /opt/venv/lib/python3.12/site-packages/nvidia --json doctor.json");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        JsonOutput json = JsonOutput.of(line);
        String asked = line.getOptionValue(CommonOptions.DEVICE, "auto");
        CudaDiagnosis machine = CudaDiagnosis.ofMachine(CommonOptions.path(line, CommonOptions.CUDA_LIBS));
        Map<String, Object> findings = new LinkedHashMap<>();
        findings.put("environment", describe());
        findings.put("cuda", describe(machine));
        List<Object> gpus = new ArrayList<>();
        Map<String, Object> verdicts = verdicts(line, asked, machine, gpus);
        findings.put("gpus", gpus);
        findings.put("devices", verdicts);
        if (verdicts.get("cpu").equals("works")) {
            NativeRuntime.convolutionLimit().ifPresent(isa -> {
                findings.put("cpu_convolutions", isa);
                print(
                        "cpu conv",
                        "limited to " + isa + ": with all instructions of this processor oneDNN's come out wrong");
            });
            double speed = CpuPrecision.speed(Precision.BF16);
            findings.put("cpu_bf16_speed", speed);
            print("cpu bf16", describe(speed));
        }
        json.write(findings);
        boolean works = verdicts.entrySet().stream()
                .filter(verdict -> asked.equals("auto") || verdict.getKey().equals(asked))
                .anyMatch(verdict -> verdict.getValue().equals("works"));
        return works ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static Map<String, Object> describe() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put(
                "dynafilter",
                Version.ofProgram()
                        + (CudaDiagnosis.isBuilt() ? ", CUDA build" : ", CPU build")
                        + (Installation.isBundle() ? ", portable bundle" : ""));
        facts.put("libtorch", NativeRuntime.torchVersion());
        facts.put("java", System.getProperty("java.version") + ", " + System.getProperty("java.vendor"));
        facts.put("pictures", "JPEG library " + DecoderPrint.ofThisJava());
        facts.put("os", NativeRuntime.platform() + ", " + System.getProperty("os.version"));
        facts.put(
                "cpu",
                CpuTopology.physicalCores() + " cores, " + Runtime.getRuntime().availableProcessors()
                        + " logical processors");
        facts.put("allocator", Optional.ofNullable(System.getenv("LD_PRELOAD")).orElse("the system's"));
        Natives natives = Natives.look();
        facts.put("natives", natives.state());
        natives.addressSpace().ifPresent(left -> facts.put("memory", left));
        facts.forEach(DoctorCommand::print);
        return facts;
    }

    private static String describe(double bf16) {
        return String.format(Locale.ROOT, "a convolution at %.2f of fp32's speed", bf16)
                + (CpuPrecision.isSlow(bf16) ? ": on this CPU --precision fp32 is faster" : "");
    }

    private static void print(String name, Object value) {
        System.out.printf("%-11s%s%n", name, value);
    }

    private static Map<String, Object> describe(CudaDiagnosis machine) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("driver", machine.driverVersion());
        facts.put(
                "libraries",
                machine.libraries().stream().map(DoctorCommand::describe).toList());
        print(
                "driver",
                Optional.ofNullable(machine.driverVersion())
                        .orElse(machine.hasDriver() ? "of unknown version" : "none"));
        if (!CudaDiagnosis.isBuilt()) {
            return facts;
        }
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
            facts.put("compute_capabilities", capabilities);
            print("GPU code", "for compute capability " + capabilities);
        } catch (IOException unreadable) {
            print("GPU code", unreadable.getMessage());
        }
        return facts;
    }

    private static Map<String, Object> describe(CudaDiagnosis.Library library) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", library.soname());
        facts.put("version", library.version());
        facts.put("path", library.path() == null ? null : library.path().toString());
        facts.put("install", library.install());
        return facts;
    }

    /** By device, "works" or what is in the way. Each is told before the next is tried, which may end the process. */
    private static Map<String, Object> verdicts(
            CommandLine line, String asked, CudaDiagnosis machine, List<Object> gpus) {
        Map<String, Object> verdicts = new LinkedHashMap<>();
        try {
            NativeRuntime.load(machine, !asked.equals("cpu"));
        } catch (InputException failure) {
            tell(verdicts, "cpu", Optional.of(failure.getMessage()));
            return verdicts;
        }
        NativeRuntime.useThreads(CommonOptions.threads(line, CpuTopology.defaultThreads()));
        tell(verdicts, "cpu", DeviceProof.problem(ComputeDevice.CPU));
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
                        .or(() -> DeviceProof.problem(ComputeDevice.choose(name, machine))));
        return verdicts;
    }

    private static void tell(Map<String, Object> verdicts, String device, Optional<String> problem) {
        verdicts.put(device, problem.orElse("works"));
        print(device, problem.map(what -> "does not work: " + what).orElse("works"));
    }
}
