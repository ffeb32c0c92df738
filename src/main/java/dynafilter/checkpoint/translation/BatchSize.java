package dynafilter.checkpoint.translation;

/** The size of the batch, where a program asks for it: it is known only when the program runs. */
enum BatchSize {
    N
}
