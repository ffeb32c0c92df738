/**
 * The network: a backbone makes a feature map, a filter source makes a filter for each label, one convolution applies them,
 * and two layers turn each response map into a score. {@link dynafilter.model.NetworkShape} says what a network looks like,
 * {@link dynafilter.model.StateDict} makes its first tensors, {@link dynafilter.model.DynamicFilterNetwork} computes; a
 * {@link dynafilter.model.Classifier} gives the scores of a trained one. Modules hold no tensors of their own: each is bound to those
 * of a state dict, so that one network can run on live parameters, averaged ones or a checkpoint's. Names and shapes of
 * tensors, and the order of a seed's random numbers, are in files and in other programs: leave them. A new source of filters
 * implements {@code FilterSource}, a new backbone {@link dynafilter.model.BackboneArchitecture}. Networks come out of files in
 * {@code dynafilter.checkpoint}, and are trained in {@code dynafilter.train}.
 */
@NullMarked
package dynafilter.model;

import org.jspecify.annotations.NullMarked;
