/** The command line: one class a command; the only code that knows options, exit codes and the terminal. */
package dynafilter.cli;
