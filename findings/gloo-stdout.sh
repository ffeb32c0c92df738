#!/bin/sh
# libtorch: joining a Gloo process group prints to standard output, whatever the log level.
#
# Seen with:   org.bytedeco:pytorch 2.10.0-1.5.13 (libtorch 2.10.0), Linux x86-64
# The guess:   libtorch's messages go to standard error and are silent at the log level ERROR, so that a program may write a result
#              (JSON) to standard output.
# What it does: Gloo writes "[Gloo] Rank 0 is connected to 0 peer ranks. ..." with std::cout, past Java's or Python's own stream,
#              before the first line of the result. Nothing but another file descriptor 1 keeps it away.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for artifact in pytorch:2.10.0-1.5.13 pytorch:2.10.0-1.5.13:jar:linux-x86_64 openblas:0.3.31-1.5.13 \
    openblas:0.3.31-1.5.13:jar:linux-x86_64 javacpp:1.5.13 javacpp:1.5.13:jar:linux-x86_64; do
    mvn -q -B dependency:copy -Dartifact="org.bytedeco:$artifact" -DoutputDirectory="$work/lib" >/dev/null
done

cat >Join.java <<'JAVA'
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.*;
import org.bytedeco.pytorch.global.*;

class Join {
    public static void main(String[] arguments) throws Exception {
        Loader.load(torch_gloo.class);
        TCPStore store = new TCPStore("127.0.0.1", new TCPStoreOptions().isServer(true).port((short) 0));
        ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create();
        options.devices().push_back(ProcessGroupGloo.createDeviceForHostname("127.0.0.1"));
        ProcessGroupGloo group = new ProcessGroupGloo(store, 0, 1, options);
        System.out.println("{}");
    }
}
JAVA
export TORCH_CPP_LOG_LEVEL=ERROR
java -Dorg.bytedeco.javacpp.cachedir="$work/cache" -cp "$work/lib/*" Join.java >out 2>err || { cat out err && exit 1; }
echo "standard output:" && cat out
grep -q '^\[Gloo\] Rank 0 is connected to 0 peer ranks' out || { echo "CHANGED: nothing of Gloo's is there" && exit 1; }
