/**
 * The command line: one class a command, its options and help, and tables as text. It is the only code that knows Commons CLI
 * and exit codes, and spells out options (those of a recipe come from the table of settings). Begin with {@link
 * dynafilter.cli.Main}, which finds the command and turns failures into one line and an exit code, and {@link
 * dynafilter.cli.Command}. Commands parse their line into typed arguments and leave the work to the rooms below; nothing may
 * depend on this room. What {@code train}, {@code compare} and {@code extend} execute is in {@code run}.
 */
@NullMarked
package dynafilter.cli;

import org.jspecify.annotations.NullMarked;
