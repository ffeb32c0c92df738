/**
 * The network: backbone, filter sources, score predictor. Modules hold no state of their own: each is bound to the
 * tensors of a state dict, so that one network can run on live parameters, averaged ones or a checkpoint's.
 */
package dynafilter.model;
