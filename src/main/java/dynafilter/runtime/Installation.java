package dynafilter.runtime;

/** How the program came to this machine: what helps depends on it. */
public final class Installation {
    private static final String BUNDLE = "dynafilter.bundle"; // set by the bundle's launcher

    private Installation() {}

    /** Whether this is a portable bundle: there are no sources here, and most likely neither Maven nor a network. */
    public static boolean isBundle() {
        return System.getProperty(BUNDLE) != null;
    }

    /** What to do where a part of the program is not there. */
    static String wholeAgain() {
        return isBundle()
                ? "a part of this bundle is missing: join and unpack it again"
                : "rebuild with `mvn package` on this machine";
    }

    /** How to come to a program that has CUDA. */
    static String withCuda() {
        return isBundle()
                ? "this bundle is for the CPU; one made with `scripts/portable-bundle --device cuda` has CUDA"
                : "this build has no CUDA; `mvn -Pcuda package` makes one that has";
    }

    /** How to come to a program that needs none of CUDA's libraries. */
    static String withoutCuda() {
        return isBundle() ? "use a bundle made with `scripts/portable-bundle --device cpu`" : "use the CPU build";
    }
}
