package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuTopologyTest {
    @TempDir
    private Path folder;

    /** Eight logical processors, cpu 0 and 4 on one core, 1 and 5 on the next, and so on. */
    private int cores(String allowed, int available) throws IOException {
        for (int cpu = 0; cpu < 8; cpu++) {
            Path topology = Files.createDirectories(folder.resolve("cpu" + cpu + "/topology"));
            Files.writeString(topology.resolve("thread_siblings_list"), cpu % 4 + "," + (cpu % 4 + 4) + "\n");
        }
        Path status = Files.writeString(folder.resolve("status"), "Name:\tjava\nCpus_allowed_list:\t" + allowed + "\n");
        return CpuTopology.physicalCores(folder, status, available);
    }

    @Test
    void countsTheCoresThatTheProcessMayUse() throws IOException {
        assertEquals(4, cores("0-7", 8));
        assertEquals(2, cores("0-1,4-5", 4));
        assertEquals(1, cores("2,6", 2));
    }

    @Test
    void anOpenMpNumberIsTheDefault() {
        assertEquals(4, CpuTopology.defaultThreads(null, 4));
        assertEquals(1, CpuTopology.defaultThreads("1", 4));
        assertEquals(8, CpuTopology.defaultThreads(" 8 ", 4));
        assertEquals(3, CpuTopology.defaultThreads("3,2", 4));
        for (String nothing : new String[] {"", "0", "-2", "many", "1e3", "99999"}) {
            assertEquals(4, CpuTopology.defaultThreads(nothing, 4), nothing);
        }
    }

    @Test
    void aQuotaBelowTheCoresCounts() throws IOException {
        assertEquals(3, cores("0-7", 3));
    }

    @Test
    void withoutATopologyItTakesTheLogicalProcessors() throws IOException {
        assertEquals(9, cores("0-8", 9));
        assertEquals(5, CpuTopology.physicalCores(folder, folder.resolve("nothing"), 5));
    }
}
