package dynafilter.runtime;

/** The way in which the program was installed, on which the advice in messages depends. */
public final class Installation {
    private static final String BUNDLE = "dynafilter.bundle"; // set by the bundle's launcher

    private Installation() {}

    /** True: a portable bundle, without sources and most likely without Maven and a network; false: a build of this machine. */
    public static boolean isBundle() {
        return System.getProperty(BUNDLE) != null;
    }

    /** Advice where a part of the program is missing. */
    static String wholeAgain() {
        return isBundle()
                ? "a part of this bundle is missing: join and unpack it again"
                : "rebuild with `mvn package` on this machine";
    }

    /** Advice on getting a program with CUDA. */
    static String withCuda() {
        return isBundle()
                ? "this bundle is for the CPU; one made with `scripts/portable-bundle --device cuda` has CUDA"
                : "this build has no CUDA; `mvn -Pcuda package` makes one that has";
    }

    /** Advice on getting a program that needs none of CUDA's libraries. */
    static String withoutCuda() {
        return isBundle() ? "use a bundle made with `scripts/portable-bundle --device cpu`" : "use the CPU build";
    }
}
