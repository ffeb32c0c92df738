package dynafilter.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What other programs see of the library: few types, and no type of the program behind them or of the native binding. */
class ApiSignatureTest {
    private static final String ROOM = "dynafilter.api";

    private static Set<Class<?>> published() {
        Set<Class<?>> found = new java.util.LinkedHashSet<>();
        for (JavaClass type : new ClassFileImporter()
                .importUrl(
                        Classifier.class.getProtectionDomain().getCodeSource().getLocation())) {
            if (type.getPackageName().equals(ROOM) && type.getModifiers().contains(JavaModifier.PUBLIC)) {
                found.add(type.reflect());
            }
        }
        return found;
    }

    @Test
    void thePublishedTypesAreThese() {
        Set<String> names = new TreeSet<>();
        published().forEach(type -> names.add(type.getName().substring(ROOM.length() + 1)));
        assertEquals(
                Set.of(
                        "BadInputException",
                        "Classification",
                        "Classification$Score",
                        "Classifier",
                        "ClassifierOptions",
                        "Engine",
                        "EpochReport",
                        "LabelFilter",
                        "LabelMap",
                        "Picture",
                        "Training",
                        "TrainingException",
                        "TrainingOutcome"),
                names);
    }

    @Test
    void signaturesNameTypesOfJavaAndOfTheLibraryAlone() {
        Set<String> foreign = new TreeSet<>();
        for (Class<?> type : published()) {
            Stream.concat(Stream.of(type.getDeclaredMethods()), Stream.of(type.getDeclaredConstructors()))
                    .filter(member ->
                            Modifier.isPublic(member.getModifiers()) || Modifier.isProtected(member.getModifiers()))
                    .forEach(member -> types(member)
                            .filter(name ->
                                    !name.startsWith("java.") && !name.startsWith(ROOM + ".") && name.contains("."))
                            .forEach(name -> foreign.add(type.getSimpleName() + "." + member.getName() + ": " + name)));
        }
        assertEquals(Set.of(), foreign);
    }

    private static Stream<String> types(Executable member) {
        Type made = member instanceof Method method
                ? method.getGenericReturnType()
                : ((Constructor<?>) member).getDeclaringClass();
        return Stream.of(
                        Stream.of(made),
                        Stream.of(member.getGenericParameterTypes()),
                        Stream.of(member.getGenericExceptionTypes()))
                .flatMap(all -> all)
                .flatMap(ApiSignatureTest::names);
    }

    private static Stream<String> names(Type type) {
        if (type instanceof ParameterizedType generic) {
            return Stream.concat(
                    names(generic.getRawType()),
                    Stream.of(generic.getActualTypeArguments()).flatMap(ApiSignatureTest::names));
        }
        if (type instanceof WildcardType wildcard) {
            return Stream.concat(Stream.of(wildcard.getUpperBounds()), Stream.of(wildcard.getLowerBounds()))
                    .flatMap(ApiSignatureTest::names);
        }
        if (type instanceof GenericArrayType array) {
            return names(array.getGenericComponentType());
        }
        if (type instanceof Class<?> plain) {
            return plain.isArray() ? names(plain.getComponentType()) : Stream.of(plain.getName());
        }
        return Stream.empty(); // a type variable
    }
}
