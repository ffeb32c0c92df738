#!/bin/sh
# JavaCPP Presets for PyTorch 2.10.0-1.5.13 (libtorch 2.10, oneDNN 3.7), float32 and bfloat16 convolutions on the CPU.
#
# Guess: conv2d gives the same numbers on every processor, but for rounding.
# Seen:  on an AMD EPYC of family 26 (Zen 5, in a virtual machine) a 1x1 convolution of 64 channels into 100, channels-last, is
#        off by half of the largest value, without a word; into 64 it is right. In bfloat16 the gradient of the input is wrong
#        wherever the number of filters is odd. With ONEDNN_MAX_CPU_ISA=AVX2 these are right, but then convolutions of stride 2
#        from maps of 4x4 to 2x2 into 48 channels are wrong, which are right with all instructions; with SSE41 all are. PyTorch
#        2.13 (oneDNN 3.12) is right on the same processor, and so is this version on others.
# Fails where that has changed: wrong elsewhere, or right on such a processor. Needs a JDK 17 or newer, Maven, Linux x86-64;
# fetches about 120 MB where Maven has them not yet.
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
    <dependency><groupId>org.bytedeco</groupId><artifactId>pytorch</artifactId><version>2.10.0-1.5.13</version></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>pytorch</artifactId><version>2.10.0-1.5.13</version><classifier>linux-x86_64</classifier></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>openblas</artifactId><version>0.3.31-1.5.13</version><classifier>linux-x86_64</classifier></dependency>
    <dependency><groupId>org.bytedeco</groupId><artifactId>javacpp</artifactId><version>1.5.13</version><classifier>linux-x86_64</classifier></dependency>
  </dependencies>
</project>
POM
cat >Convolve.java <<'JAVA'
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

public class Convolve {
    static Tensor[] made(Tensor pixels, Tensor filters, long stride) {
        Tensor leaf = pixels.detach();
        leaf.set_requires_grad(true);
        Tensor out = torch.conv2d(leaf, filters, new TensorOptional(), new long[] {stride, stride}, new long[] {0, 0},
                new long[] {1, 1}, 1);
        out.to(ScalarType.Double).pow(new Scalar(2)).sum().backward();
        return new Tensor[] {out.detach(), leaf.grad()};
    }

    static String off(Tensor found, Tensor exact) {
        double error = found.to(ScalarType.Double).sub(exact).abs().max().item_double();
        return error / exact.abs().max().item_double() < 0.03 ? "right" : "wrong";
    }

    static void tell(ScalarType type, long channels, long size, long stride) {
        Tensor pixels = torch.randn(16, 64, size, size).to(type).contiguous(MemoryFormat.ChannelsLast);
        Tensor filters = torch.randn(channels, 64, 1, 1).to(type);
        Tensor[] exact = made(pixels.to(ScalarType.Double), filters.to(ScalarType.Double), stride); // no oneDNN
        Tensor[] found = made(pixels, filters, stride);
        System.out.println(type + ", 64 channels into " + channels + (stride > 1 ? ", stride 2" : "") + ": " + off(found[0], exact[0]) + ", gradient of the input "
                + off(found[1], exact[1]));
    }

    public static void main(String[] arguments) {
        torch.manual_seed(1);
        tell(ScalarType.Float, 64, 8, 1);
        tell(ScalarType.Float, 100, 8, 1);
        tell(ScalarType.Float, 48, 4, 2);
        tell(ScalarType.BFloat16, 10, 8, 1);
        tell(ScalarType.BFloat16, 3, 8, 1);
    }
}
JAVA
mvn -q -B dependency:build-classpath -Dmdep.outputFile=classpath
javac -cp "$(cat classpath)" Convolve.java
grep -m 3 -E '^(vendor_id|cpu family|model name)' /proc/cpuinfo
echo "all instructions:"
all=$(env -u ONEDNN_MAX_CPU_ISA java -cp "$(cat classpath):." Convolve 2>/dev/null)
echo "$all"
echo "ONEDNN_MAX_CPU_ISA=AVX2:"
avx2=$(ONEDNN_MAX_CPU_ISA=AVX2 java -cp "$(cat classpath):." Convolve 2>/dev/null)
echo "$avx2"
echo "ONEDNN_MAX_CPU_ISA=SSE41:"
sse41=$(ONEDNN_MAX_CPU_ISA=SSE41 java -cp "$(cat classpath):." Convolve 2>/dev/null)
echo "$sse41"
right="Float, 64 channels into 64: right, gradient of the input right
Float, 64 channels into 100: right, gradient of the input right
Float, 64 channels into 48, stride 2: right, gradient of the input right
BFloat16, 64 channels into 10: right, gradient of the input right
BFloat16, 64 channels into 3: right, gradient of the input right"
wrong="Float, 64 channels into 64: right, gradient of the input right
Float, 64 channels into 100: wrong, gradient of the input wrong
Float, 64 channels into 48, stride 2: right, gradient of the input right
BFloat16, 64 channels into 10: right, gradient of the input right
BFloat16, 64 channels into 3: right, gradient of the input wrong"
wrong_of_avx2="Float, 64 channels into 64: right, gradient of the input right
Float, 64 channels into 100: right, gradient of the input right
Float, 64 channels into 48, stride 2: wrong, gradient of the input wrong
BFloat16, 64 channels into 10: right, gradient of the input right
BFloat16, 64 channels into 3: right, gradient of the input right"
expected=$right
expected_of_avx2=$right
if grep -q AuthenticAMD /proc/cpuinfo && grep -qE '^cpu family\s*: 26$' /proc/cpuinfo; then
    expected=$wrong
    expected_of_avx2=$wrong_of_avx2
fi
[ "$sse41" = "$right" ] && [ "$avx2" = "$expected_of_avx2" ] && [ "$all" = "$expected" ] && echo "as described" ||
    { echo "this has changed"; exit 1; }
