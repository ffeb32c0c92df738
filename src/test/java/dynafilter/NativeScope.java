package dynafilter;

import dynafilter.runtime.NativeRuntime;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Ends the natives that a test makes with the test. Its operators run on one thread: the batches are small, and the results
 * the same on every machine.
 */
public final class NativeScope implements BeforeEachCallback, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(NativeScope.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        NativeRuntime.load();
        NativeRuntime.useThreads(1);
        context.getStore(NAMESPACE).put(PointerScope.class, new PointerScope());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        context.getStore(NAMESPACE)
                .remove(PointerScope.class, PointerScope.class)
                .close();
    }
}
