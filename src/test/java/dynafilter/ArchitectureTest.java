package dynafilter;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import dynafilter.cli.Main;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rooms of the program and what each may know, read from the compiled classes. */
class ArchitectureTest {
    private static final String ROOT = "dynafilter.";

    /** From top to bottom: a room uses those below it. */
    private static final List<String> ROOMS = List.of(
            "cli",
            "serve",
            "api",
            "run",
            "report.page",
            "report.tensorboard",
            "report",
            "report.figure",
            "study",
            "benchmark",
            "audit",
            "train.label",
            "train",
            "train.calibration",
            "train.optim",
            "runfolder",
            "checkpoint.web",
            "checkpoint.onnx",
            "checkpoint.torchscript",
            "checkpoint.pt2",
            "checkpoint.translation",
            "checkpoint.safetensors",
            "checkpoint",
            "model",
            "data.source",
            "data.folder",
            "data.cifar",
            "data.words",
            "data.device",
            "data",
            "distributed",
            "torchfile",
            "runtime",
            "io");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation());

    private static String[] packages(List<String> rooms) {
        return rooms.stream().map(ROOT::concat).toArray(String[]::new);
    }

    private static GivenClassesConjunction outside(String... rooms) {
        return noClasses().that().resideOutsideOfPackages(packages(List.of(rooms)));
    }

    @Test
    void everyClassIsInARoom() {
        Set<String> found = CLASSES.stream()
                .map(JavaClass::getPackageName)
                .map(name -> name.substring(ROOT.length()))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(ROOMS), found);
    }

    @TestFactory
    List<DynamicTest> aRoomUsesOnlyThoseBelowIt() {
        return ROOMS.stream()
                .skip(1)
                .map(room -> DynamicTest.dynamicTest(
                        room,
                        () -> noClasses()
                                .that()
                                .resideInAPackage(ROOT + room)
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(packages(ROOMS.subList(0, ROOMS.indexOf(room))))
                                .check(CLASSES)))
                .toList();
    }

    @Test
    void onlyTheCommandLineKnowsCommonsCli() {
        assertTrue(CLASSES.that(resideInAPackage(ROOT + "cli")).stream()
                .anyMatch(using -> using.getDirectDependenciesFromSelf().stream()
                        .anyMatch(used -> used.getTargetClass().getPackageName().equals("org.apache.commons.cli"))));
        outside("cli")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.commons.cli..")
                .check(CLASSES);
    }

    @Test
    void onlyTheServerKnowsJetty() {
        outside("serve")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.eclipse.jetty..", "org.slf4j..")
                .check(CLASSES);
    }

    @Test
    void onlyTheCommandLineEndsTheProcess() {
        outside("cli").should().callMethod(System.class, "exit", int.class).check(CLASSES);
        outside("cli").should().callMethod(Runtime.class, "halt", int.class).check(CLASSES);
    }

    @Test
    void onlyTheCommandLineAndRunsUseTheStandardStreams() {
        outside("cli", "run").should().accessField(System.class, "out").check(CLASSES);
        outside("cli", "run").should().accessField(System.class, "err").check(CLASSES);
    }

    @Test
    void onlyTheRuntimeKnowsJavaCppsLoader() {
        outside("runtime")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.bytedeco.javacpp.Loader")
                .check(CLASSES);
    }

    @Test
    void nothingIsPrintedAsAStackTrace() {
        noClasses().should().callMethod(Throwable.class, "printStackTrace").check(CLASSES);
    }
}
