/**
 * The processes that train one network together. {@link dynafilter.distributed.Placement} reads from the environment which of
 * them this one is, {@link dynafilter.distributed.C10dGroup#join} joins the others by libtorch's c10d (NCCL between GPUs, Gloo
 * between CPUs), and {@link dynafilter.distributed.WorkerGroup} is what all other code knows of them: all-reduce, broadcast,
 * gather. {@link dynafilter.distributed.Agreement} finds ranks that differ. That a rank is gone, and which one, is found out
 * by {@code Heartbeat} with {@code Notices} (what is written down in the store) and {@code LifeSigns} (what is known of the
 * others). Keys in the store may change, since all ranks run one version; that every rank calls the same collectives in the
 * same order may not. Training uses the group in {@code dynafilter.train}, BatchNorm in {@code dynafilter.model}.
 */
@NullMarked
package dynafilter.distributed;

import org.jspecify.annotations.NullMarked;
