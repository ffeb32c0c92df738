package dynafilter.cli;

/** The exit codes of the process; signals end it with their conventional codes. */
final class ExitCode {
    /** The command did its work. */
    static final int DONE = 0;
    /** The run failed. */
    static final int FAILED = 1;
    /** Wrong usage or bad input. */
    static final int USAGE = 2;
    /** Nobody reads standard output any more: what a shell reports of a program that SIGPIPE has ended. */
    static final int UNREAD = 141;

    private ExitCode() {}
}
