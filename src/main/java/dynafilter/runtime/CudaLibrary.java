package dynafilter.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A library that the CUDA build of libtorch needs and does not contain.
 *
 * @param soname the name by which libraries are linked, such as {@code libcublas.so.13}
 * @param onEveryDevice true: the natives need the library on the CPU, too; false: on CUDA alone
 * @param apt the package of NVIDIA's repository for Debian and Ubuntu
 * @param pip the package of the Python package index
 */
record CudaLibrary(String soname, boolean onEveryDevice, String apt, String pip) {
    private static final String LIST = "/native-config/cuda-libraries.txt";
    private static final Pattern COLUMNS = Pattern.compile("\\s+");

    /** All libraries in the order of loading, from {@code native-config/cuda-libraries.txt}. */
    static List<CudaLibrary> all() {
        try (InputStream stream = CudaLibrary.class.getResourceAsStream(LIST);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> COLUMNS.split(line, -1))
                    .map(row -> new CudaLibrary(row[0], row[1].equals("cpu"), row[2], row[3]))
                    .toList();
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read " + LIST, unreadable);
        }
    }

    /** The soname without its version, such as {@code libcublas.so}. */
    String base() {
        return soname.substring(0, soname.indexOf(".so") + 3);
    }

    /** The version in the soname. */
    int major() {
        return Integer.parseInt(soname.substring(base().length() + 1));
    }
}
