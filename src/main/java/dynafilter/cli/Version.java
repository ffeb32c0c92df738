package dynafilter.cli;

/** The program's version, from the jar's manifest. */
final class Version {
    private Version() {}

    static String ofProgram() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
