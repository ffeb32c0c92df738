package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeOwnerTest {
    private final List<String> closed = new ArrayList<>();

    @BeforeAll
    static void load() {
        NativeRuntime.load();
    }

    private AutoCloseable named(String name) {
        return () -> closed.add(name);
    }

    private AutoCloseable failing(String name) {
        return () -> {
            closed.add(name);
            throw new IllegalStateException(name);
        };
    }

    @Test
    void closesInReverseOrder() {
        try (NativeOwner owner = new NativeOwner()) {
            owner.keep(named("first"));
            owner.keepAll(List.of(named("second"), named("third")));
        }
        assertEquals(List.of("third", "second", "first"), closed);
    }

    @Test
    void closesTheOthersWhereOneFails() {
        NativeOwner owner = new NativeOwner();
        owner.keep(failing("first"));
        owner.keep(named("second"));
        owner.keep(failing("third"));
        IllegalStateException failure = assertThrows(IllegalStateException.class, owner::close);
        assertEquals("third", failure.getMessage());
        assertEquals("first", failure.getSuppressed()[0].getMessage());
        assertEquals(List.of("third", "second", "first"), closed);
    }

    @Test
    void closesOnce() {
        NativeOwner owner = new NativeOwner();
        owner.keep(named("only"));
        owner.close();
        owner.close();
        assertEquals(List.of("only"), closed);
    }

    @Test
    void whatWasHandedOverIsClosedByItsNewOwnerAlone() {
        NativeOwner heir;
        try (NativeOwner building = new NativeOwner()) {
            building.keep(named("first"));
            building.keep(named("second"));
            heir = building.handOver();
        }
        assertEquals(List.of(), closed);
        heir.close();
        assertEquals(List.of("second", "first"), closed);
    }

    @Test
    void aKeptTensorOutlivesItsScopeAndEndsWithItsOwner() {
        NativeOwner owner = new NativeOwner();
        Tensor kept;
        Tensor other;
        try (PointerScope scope = new PointerScope()) {
            kept = torch.zeros(3);
            assertSame(kept, owner.keep(kept));
            other = torch.zeros(3);
        }
        assertTrue(other.isNull());
        assertFalse(kept.isNull());
        owner.close();
        assertTrue(kept.isNull());
    }
}
