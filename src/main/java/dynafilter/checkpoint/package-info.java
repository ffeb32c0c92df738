/** Files exchanged with Python: what {@code torch.save} writes and {@code torch.load} reads, and checkpoints made of it. */
package dynafilter.checkpoint;
