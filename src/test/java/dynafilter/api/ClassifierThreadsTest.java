package dynafilter.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeCount;
import dynafilter.NativeScope;
import dynafilter.checkpoint.ExportedNetworks;
import dynafilter.model.FilterKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many threads with one classifier: equal scores, flat memory, and a close at any moment. */
@ExtendWith(NativeScope.class)
class ClassifierThreadsTest {
    private static final int THREADS = 8;
    private static final int PICTURES = 5;

    @TempDir
    private static Path folder;

    private Path model;

    @BeforeEach
    void writeModel() {
        model = folder.resolve("model.pt");
        ExportedNetworks.checkpoint(model, FilterKind.DYNAMIC, 10, 32, false);
    }

    private static List<Picture> pictures() {
        Random random = new Random(1);
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < PICTURES; i++) {
            byte[] planes = new byte[3 * 32 * 32];
            random.nextBytes(planes);
            pictures.add(Picture.ofPlanes(32, planes));
        }
        return pictures;
    }

    /** Runs work in threads side by side, and returns when all are done. */
    private static void sideBySide(Callable<?> work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                all.add(executor.submit(work));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException failure) {
            throw new AssertionError(failure.getCause());
        } finally {
            executor.shutdownNow();
            assertTrue(executor.awaitTermination(60, TimeUnit.SECONDS));
        }
    }

    private static void stress(Classifier classifier, int calls) throws Exception {
        List<Picture> pictures = pictures();
        List<Classification> expected =
                pictures.stream().map(classifier::classify).toList();
        AtomicInteger done = new AtomicInteger();
        sideBySide(() -> {
            for (int i = done.getAndIncrement(); i < calls; i = done.getAndIncrement()) {
                int which = i % PICTURES;
                if (!expected.get(which).equals(classifier.classify(pictures.get(which)))) {
                    throw new AssertionError("call " + i + " gives other scores");
                }
            }
            return null;
        });
    }

    private void memoryStaysFlat(ClassifierOptions options, int calls) throws Exception {
        try (Classifier classifier = Classifier.load(model, options)) {
            stress(classifier, 50 * THREADS); // every thread may need memory of its own once
            NativeCount.settle();
            long objects = Pointer.totalCount();
            long bytes = Pointer.totalBytes();
            long resident = Pointer.physicalBytes();
            stress(classifier, calls);
            NativeCount.settle();
            assertTrue(Pointer.totalCount() <= objects, Pointer.totalCount() - objects + " objects are left");
            assertTrue(Pointer.totalBytes() <= bytes, Pointer.totalBytes() - bytes + " bytes are left");
            long grown = Pointer.physicalBytes() - resident;
            assertTrue(grown < 100L << 20, "the process has grown by " + grown + " bytes");
        }
    }

    @Test
    void manyThreadsGetTheSameScoresToTheBitInFlatMemory() throws Exception {
        memoryStaysFlat(ClassifierOptions.DEFAULT.withDevice("cpu"), 3000);
    }

    @Test
    void soTheyDoWhereEveryOperatorIsCalledByItself() throws Exception {
        memoryStaysFlat(ClassifierOptions.DEFAULT.withDevice("cpu").withExact(true), 1000);
    }

    /** mvn -Dtest.excludedGroups= -Dtest.groups=stress test: as in a service, for minutes. */
    @Test
    @Tag("stress")
    void aHundredThousandCalls() throws Exception {
        memoryStaysFlat(ClassifierOptions.DEFAULT.withDevice("cpu"), 100_000);
        memoryStaysFlat(ClassifierOptions.DEFAULT.withDevice("cpu").withExact(true), 20_000);
    }

    @Test
    void loadingAndClosingLeavesNothing() throws Exception {
        Runnable once = () -> {
            try (Classifier classifier = Classifier.load(model)) {
                classifier.classify(pictures());
            }
        };
        once.run();
        NativeCount.settle();
        long before = Pointer.totalCount();
        once.run();
        NativeCount.settle();
        assertTrue(Pointer.totalCount() <= before, Pointer.totalCount() - before + " objects are left");
    }

    @Test
    void aCloseWhileCallsRunLetsThemEndAndRefusesTheNext() throws Exception {
        List<Picture> pictures = pictures();
        for (int round = 0; round < 5; round++) {
            Classifier classifier = Classifier.load(model, ClassifierOptions.DEFAULT.withExact(round % 2 == 0));
            Classification expected = classifier.classify(pictures.get(0));
            CountDownLatch running = new CountDownLatch(THREADS + 1);
            AtomicInteger refused = new AtomicInteger();
            Thread closing = new Thread(() -> {
                try {
                    running.countDown();
                    running.await();
                    Thread.sleep(5);
                } catch (InterruptedException never) {
                    throw new IllegalStateException(never);
                }
                classifier.close();
            });
            closing.start();
            sideBySide(() -> {
                running.countDown();
                running.await();
                while (true) {
                    try {
                        assertEquals(expected, classifier.classify(pictures.get(0)));
                    } catch (IllegalStateException closed) {
                        assertTrue(closed.getMessage().contains("is closed"), closed.getMessage());
                        return refused.incrementAndGet();
                    }
                }
            });
            closing.join();
            assertEquals(THREADS, refused.get());
        }
    }

    @Test
    void anInterruptedThreadEndsItsCallAndStaysInterrupted() throws Exception {
        List<Picture> pictures = pictures();
        try (Classifier classifier = Classifier.load(model)) {
            Classification expected = classifier.classify(pictures.get(0));
            stress(classifier, 50 * THREADS);
            NativeCount.settle();
            long before = Pointer.totalCount();
            sideBySide(() -> {
                Thread.currentThread().interrupt();
                for (int i = 0; i < 20; i++) {
                    assertEquals(expected, classifier.classify(pictures.get(0)));
                }
                assertTrue(Thread.interrupted());
                return null;
            });
            NativeCount.settle();
            assertTrue(Pointer.totalCount() <= before, Pointer.totalCount() - before + " objects are left");
        }
    }
}
