/**
 * The command line: {@link dynafilter.cli.Main} finds the command, and each command turns its options into typed arguments, lets
 * the rooms below do the work, and prints the result. The only code that knows options, exit codes and how to end the process.
 * What {@code train}, {@code compare} and {@code extend} execute is in {@code run}.
 */
package dynafilter.cli;
