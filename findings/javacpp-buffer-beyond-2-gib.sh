#!/bin/sh
# JavaCPP 1.5.13: a ByteBuffer of native memory at a position beyond 2 GiB.
#
# Guess: Pointer's position, limit and capacity are longs, and put and get work at any of them, so asByteBuffer() gives the bytes
#        between position and limit wherever they lie; the buffer itself may not be longer than 2 GiB.
# Seen:  the buffer starts at the pointer's address, and the position becomes the buffer's own: from 2^31 - 1 on it is empty, and just
#        below it is cut short, without an error. A checksum over such buffers is one of nothing. Moving the pointer instead,
#        getPointer(offset).capacity(length).asByteBuffer(), gives all of them.
# Fails where that has changed. Needs a JDK 17 or newer, Maven, Linux x86-64; 4 GiB of address space, of which a few pages are used.
set -eu

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
    <dependency><groupId>org.bytedeco</groupId><artifactId>javacpp</artifactId><version>1.5.13</version></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>javacpp</artifactId><version>1.5.13</version><classifier>linux-x86_64</classifier></dependency>
  </dependencies>
</project>
POM
cat >Far.java <<'JAVA'
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

public class Far {
    public static void main(String[] arguments) {
        long bytes = (1L << 32) + 4096;
        BytePointer memory = new BytePointer(Pointer.malloc(bytes)).capacity(bytes);
        for (long at : new long[] {100, (1L << 31) - 4, (1L << 31) + 100, (1L << 32) + 100}) {
            memory.position(at).limit(at + 8).put((byte) 7);
            int positioned = memory.asByteBuffer().remaining();
            byte kept = memory.get();
            int moved = memory.position(0).limit(bytes).getPointer(at).capacity(8).asByteBuffer().remaining();
            System.out.println(at + ": get " + kept + ", 8 bytes: positioned " + positioned + ", moved " + moved);
        }
    }
}
JAVA
mvn -q -B dependency:build-classpath -Dmdep.outputFile=classpath
javac -cp "$(cat classpath)" Far.java
seen=$(java -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -cp "$(cat classpath):." Far)
printf '%s\n' "$seen"
[ "$seen" = "100: get 7, 8 bytes: positioned 8, moved 8
2147483644: get 7, 8 bytes: positioned 3, moved 8
2147483748: get 7, 8 bytes: positioned 0, moved 8
4294967396: get 7, 8 bytes: positioned 0, moved 8" ] && echo "as described" || { echo "this has changed"; exit 1; }
