#!/bin/sh
# JavaCPP: a folder for natives that cannot be used is passed over without a word.
#
# Seen with:   org.bytedeco:javacpp 1.5.13, Java 17
# The guess:   where the system property org.bytedeco.javacpp.cachedir names a folder that cannot be made (here: a file is in
#              the way), Loader.getCacheDir() throws, or says so.
# What it does: it takes the next of its own candidates, in the end .javacpp/cache in the home folder, and the presets unpack
#              hundreds of megabytes there: into the very home that was full, or mounted noexec, and for which the property was
#              set. A program that offers such a setting has to check the folder itself.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mvn -q -B dependency:copy -Dartifact=org.bytedeco:javacpp:1.5.13 -DoutputDirectory="$work" >/dev/null

cat >Ask.java <<'JAVA'
import org.bytedeco.javacpp.Loader;

class Ask {
    public static void main(String[] arguments) throws Exception {
        System.out.println(Loader.getCacheDir());
    }
}
JAVA
mkdir home
: >file
said=$(java -cp javacpp-1.5.13.jar -Duser.home="$work/home" -Dorg.bytedeco.javacpp.cachedir="$work/file" Ask.java 2>&1)
echo "asked for $work/file, which is a file; JavaCPP unpacks into: $said"
[ "$said" = "$work/home/.javacpp/cache" ] || { echo "CHANGED: it says so now, or goes elsewhere" && exit 1; }
