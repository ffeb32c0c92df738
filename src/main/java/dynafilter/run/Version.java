package dynafilter.run;

/** The program's version, from the jar's manifest. */
public final class Version {
    private Version() {}

    /** The version; "unpackaged" where the program does not run from its jar. */
    public static String ofProgram() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
