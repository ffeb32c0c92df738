#!/bin/sh
# JavaCPP Presets for PyTorch 2.10.0-1.5.13: a path given to libtorch as a String.
#
# Guess: it names the file that java.nio names by the same text, so what Java has just written libtorch can open.
# Seen:  the text is encoded by Java's default charset (file.encoding; always UTF-8 from Java 18 on), not by the file system's
#        (sun.jnu.encoding, the locale's). Where the two differ, as in an ISO-8859-1 locale on a new Java, or with
#        -Dfile.encoding here, "café.bin" is there for Java and "No such file or directory" for libtorch; writing makes a file
#        of another name. A BytePointer of the file system's bytes works.
# Fails where that has changed. Needs a JDK 17 or newer, Maven, Linux x86-64; fetches about 120 MB where Maven has them not yet.
set -eu
export LC_ALL=C.UTF-8

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.bytedeco</groupId><artifactId>pytorch</artifactId><version>2.10.0-1.5.13</version></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>pytorch</artifactId><version>2.10.0-1.5.13</version><classifier>linux-x86_64</classifier></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>openblas</artifactId><version>0.3.31-1.5.13</version><classifier>linux-x86_64</classifier></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>javacpp</artifactId><version>1.5.13</version><classifier>linux-x86_64</classifier></dependency>
  </dependencies>
</project>
POM
cat >Open.java <<'JAVA'
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

public class Open {
    interface Opened {
        Tensor get() throws Exception;
    }

    static void tell(String how, Opened opened) throws Exception {
        try {
            System.out.println(how + ": sum " + opened.get().sum().item_int());
        } catch (RuntimeException failure) {
            System.out.println(how + ": " + failure.getMessage().replaceAll("(?s).*(No such file or directory).*", "$1"));
        }
    }

    public static void main(String[] arguments) throws Exception {
        String name = "caf\u00e9.bin";
        Files.write(Path.of(name), new byte[] {1, 2, 3, 4});
        BoolOptional copied = new BoolOptional(false);
        LongOptional size = new LongOptional(4);
        TensorOptions bytes = new TensorOptions(torch.ScalarType.Byte);
        tell("String", () -> torch.from_file(name, copied, size, bytes));
        tell("BytePointer", () -> torch.from_file(
                new BytePointer(name, System.getProperty("sun.jnu.encoding")), copied, size, bytes));
    }
}
JAVA
mvn -q -B dependency:build-classpath -Dmdep.outputFile=classpath
javac -cp "$(cat classpath)" Open.java
run() { java "$@" -cp "$(cat classpath):." Open 2>/dev/null; }
same=$(run)
other=$(run -Dfile.encoding=ISO-8859-1)
printf 'default charset as the file system'\''s:\n%s\ndefault charset ISO-8859-1, the file system'\''s UTF-8:\n%s\n' "$same" "$other"
[ "$same" = "String: sum 10
BytePointer: sum 10" ] && [ "$other" = "String: No such file or directory
BytePointer: sum 10" ] && echo "as described" || { echo "this has changed"; exit 1; }
