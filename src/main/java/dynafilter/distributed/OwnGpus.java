package dynafilter.distributed;

import dynafilter.io.InputException;
import java.util.List;

/** The rule that no two ranks share a GPU. NCCL has it, too, and breaks it to each rank as an invalid use of the network. */
final class OwnGpus {
    private OwnGpus() {}

    /**
     * Requires that every rank has a GPU of its own.
     *
     * @param own what tells this rank's GPU from all others
     * @throws InputException at every rank alike, where two ranks have the same
     */
    static void require(WorkerGroup group, String own) {
        List<String> gpus = group.exchange(own);
        for (int rank = 1; rank < gpus.size(); rank++) {
            int first = gpus.indexOf(gpus.get(rank));
            if (first < rank) {
                throw new InputException("rank " + first + " and rank " + rank
                        + " have the same GPU, and NCCL needs one for each rank; start no more processes than there are GPUs"
                        + " (see nvidia-smi, CUDA_VISIBLE_DEVICES and LOCAL_RANK), or use --device cpu");
            }
        }
    }
}
