/**
 * What other programs call: a trained network that labels pictures ({@link dynafilter.api.Classifier}), and a training run ({@link
 * dynafilter.api.Training}). This room is the program's only promise to them: its public types name no type of another room or of
 * the native binding, the natives are loaded at the first use, and nothing has to be set up before. Everything below it may change
 * at any time. Where next: {@code run.LoadedModel}, which {@code predict} uses as well, and {@code run.TrainJob}, which is
 * {@code train}.
 */
@NullMarked
package dynafilter.api;

import org.jspecify.annotations.NullMarked;
