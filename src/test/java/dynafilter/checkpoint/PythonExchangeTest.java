package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.io.InputException;
import dynafilter.torchfile.Dtype;
import dynafilter.torchfile.Samples;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.Tuple;
import dynafilter.torchfile.TypedDict;
import dynafilter.torchfile.Unread;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files go from Python to here and back. */
class PythonExchangeTest {
    private static final String WRITE = """
            import collections, sys, torch
            from torch import nn
            folder = sys.argv[1]
            def save(value, name, **options):
                torch.save(value, f"{folder}/{name}", **options)

            torch.manual_seed(0)
            net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
            optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
            net(torch.ones(2, 3, 8, 8)).sum().backward()
            optimizer.step()
            counting = torch.arange(24).view(2, 3, 4)
            shared = torch.arange(10.)
            marked = torch.ones(2)
            marked.note = "an attribute"
            noted = nn.Parameter(torch.ones(2))
            noted.note = "an attribute"
            value = {
                "state": net.state_dict(),
                "optimizer": optimizer.state_dict(),
                "sums": {k: v.double().sum().item() for k, v in net.state_dict().items()},
                "types": [counting.to(t) for t in (torch.float32, torch.float64, torch.float16, torch.bfloat16,
                          torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)],
                "views": {"t": counting.permute(2, 0, 1), "slice": counting[1, 1:, ::2], "expanded": torch.ones(1, 3).expand(5, 3),
                          "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 4), "empty slice": counting[2:, :, 5:],
                          "head": shared[:3], "tail": shared[3:], "last": torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)},
                "parameter": nn.Parameter(torch.tensor([1., 2.]), requires_grad=True),
                "frozen": nn.Parameter(torch.tensor([3.]), requires_grad=False),
                "noted": noted, "marked": marked,
                "tuple": (1, (2.5, None), [True]), "wide": 1 << 70, "size": counting.size(),
                "device": torch.device("cuda", 1), "dtype": torch.bfloat16, "text": "\\u00e9\\u4e16",
                "ordered": collections.OrderedDict(b=1, a=2),
            }
            save(value, "new.pt")
            save(value, "legacy.pt", _use_new_zipfile_serialization=False)
            save(value, "protocol4.pt", pickle_protocol=4)
            torch.save(value, open(f"{folder}/buffer.pt", "wb"))
            import argparse, pathlib, warnings
            warnings.simplefilter("ignore")
            beside = {
                "first": torch.arange(4.), "milestones": collections.Counter([10, 10, 20]), ("x", (1, 2.5)): 3,
                "dtype": torch.float64, "set": {1, "a"}, "empty set": set(), "frozen": frozenset([2]), "bytes": b"abc",
                "no bytes": b"", "array": bytearray(b"x"), "complex": 1 + 2j,
                "uint16": torch.zeros(3, dtype=torch.uint16), "float8": torch.ones(5).to(torch.float8_e4m3fn),
                "complex64": torch.ones(2, dtype=torch.complex64), "sparse": torch.eye(2).to_sparse(),
                "meta": torch.empty(3, device="meta"), "layout": torch.strided, "other dtype": torch.complex64,
                "quantized": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8),
                "negative": torch.imag(torch.conj(torch.ones(2, dtype=torch.complex64))),
                "namespace": argparse.Namespace(lr=0.1), "path": pathlib.Path("x"), torch.float32: None, b"k": 1,
                "last": torch.arange(6.),
            }
            save(beside, "beside.pt")
            save(beside, "beside-legacy.pt", _use_new_zipfile_serialization=False)
            save(beside, "beside-protocol4.pt", pickle_protocol=4)
            save(net, "module.pt")
            save([torch.ones(2)], "list.pt")
            torch.jit.script(net).save(f"{folder}/script.pt")
            """;

    @TempDir
    private static Path folder;

    private Python python;

    @BeforeEach
    void writeFilesInPythonOnce() {
        python = Python.withTorch();
        if (!Files.exists(folder.resolve("script.pt"))) { // the last one
            python.run(WRITE, folder);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"new.pt", "legacy.pt", "protocol4.pt", "buffer.pt"})
    void readsWhatPythonWrote(String name) {
        TypedDict fields = TypedDict.of((Map<?, ?>) TorchFile.read(folder.resolve(name)), folder.resolve(name));
        Map<String, Tensor> state = fields.tensors("state");
        assertEquals(
                List.of(
                        "0.weight",
                        "0.bias",
                        "1.weight",
                        "1.bias",
                        "1.running_mean",
                        "1.running_var",
                        "1.num_batches_tracked"),
                new ArrayList<>(state.keySet()));
        state.forEach((key, tensor) -> assertEquals(
                fields.dict("sums").number(key),
                Samples.item(tensor.to(Dtype.FLOAT64.scalarType()).sum()),
                1e-12,
                key));
        Dtype[] types = Dtype.values();
        for (int i = 0; i < types.length; i++) {
            assertTrue(
                    Samples.same(
                            Samples.counting(types[i], 2, 3, 4),
                            fields.list("types").get(i)),
                    types[i].name());
        }
        assertEquals(Map.of("b", 1L, "a", 2L), fields.map("ordered"));
        assertEquals(List.of("b", "a"), new ArrayList<>(fields.map("ordered").keySet()));
        assertEquals(
                List.of(1.0, 2.0, 3.0, 1.0, 1.0),
                List.of(
                        at(fields, "parameter", 0),
                        at(fields, "parameter", 1),
                        at(fields, "frozen", 0),
                        at(fields, "noted", 0),
                        at(fields, "marked", 1)));
        Map<?, ?> root = fields.all();
        assertEquals(Tuple.of(1L, Tuple.of(2.5, null), List.of(true)), root.get("tuple"));
        assertEquals(BigInteger.ONE.shiftLeft(70), root.get("wide"));
        assertEquals(Tuple.of(2L, 3L, 4L), root.get("size"));
        assertEquals("cuda:1", fields.string("device"));
        assertEquals("torch.bfloat16", fields.string("dtype"));
        assertEquals("\u00e9\u4e16", fields.string("text"));
        Map<?, ?> group =
                (Map<?, ?>) fields.dict("optimizer").list("param_groups").get(0);
        assertEquals(Tuple.of(0.9, 0.999), group.get("betas"));
        assertEquals(List.of(0L, 1L, 2L, 3L), group.get("params"));
        assertEquals(4, fields.dict("optimizer").numbered("state").size());
    }

    private static double at(TypedDict fields, String key, long index) {
        return Samples.item(fields.tensor(key).get(index));
    }

    @ParameterizedTest
    @ValueSource(strings = {"new.pt", "legacy.pt"})
    void makesViewsContiguousAndApart(String name) {
        Path file = folder.resolve(name);
        TypedDict views = TypedDict.of((Map<?, ?>) TorchFile.read(file), file).dict("views");
        Tensor counting = Samples.counting(Dtype.INT64, 2, 3, 4);
        assertTrue(Samples.same(counting.permute(2, 0, 1), views.tensor("t")));
        assertArrayEquals(new long[] {2, 2}, views.tensor("slice").shape());
        assertEquals(22, Samples.item(views.tensor("slice").get(1).get(1)));
        assertArrayEquals(new long[] {5, 3}, views.tensor("expanded").shape());
        assertEquals(3.5, Samples.item(views.tensor("scalar")));
        assertArrayEquals(new long[] {0, 4}, views.tensor("empty").shape());
        assertArrayEquals(new long[] {0, 3, 0}, views.tensor("empty slice").shape());
        views.all().values().forEach(view -> assertTrue(((Tensor) view).is_contiguous()));
        views.tensor("head").fill_(new Scalar(-1));
        assertEquals(3, Samples.item(views.tensor("tail").get(0)));
    }

    /** What {@code torch.load(weights_only=True)} reads and nobody here asks for refuses no file. */
    @ParameterizedTest
    @ValueSource(strings = {"beside.pt", "beside-legacy.pt", "beside-protocol4.pt"})
    void readsPastWhatNobodyAsksFor(String name) {
        Map<?, ?> root = (Map<?, ?>) TorchFile.read(folder.resolve(name));
        assertTrue(Samples.same(Samples.counting(Dtype.FLOAT32, 4), root.get("first")));
        assertTrue(Samples.same(
                Samples.counting(Dtype.FLOAT32, 6), root.get("last"))); // behind the storages of the others
        assertEquals(Map.of(10L, 2L, 20L, 1L), root.get("milestones"));
        assertEquals(3L, root.get(Tuple.of("x", Tuple.of(1L, 2.5))));
        assertEquals("torch.float64", root.get("dtype"));
        Map<String, String> kinds = new LinkedHashMap<>();
        root.forEach((key, value) -> {
            if (value instanceof Unread) {
                kinds.put(String.valueOf(key), value.toString());
            }
        });
        assertEquals(
                "{set=a set, empty set=a set, frozen=a set, bytes=bytes, no bytes=bytes, array=bytes, complex=a complex number,"
                        + " uint16=a tensor of torch.uint16, float8=a tensor of torch.float8_e4m3fn,"
                        + " complex64=a tensor in a ComplexFloatStorage, sparse=a sparse tensor,"
                        + " meta=a tensor without values (device meta), layout=a layout, other dtype=torch.complex64,"
                        + " quantized=a quantized tensor, negative=a tensor with the flags [neg] (save it after"
                        + " .resolve_neg().resolve_conj()), namespace=a namespace, path=a path}",
                kinds.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "module.pt | refers to torch.nn.modules.container.Sequential, which",
                "script.pt | is a TorchScript file"
            })
    void refusesWhatIsNoDictOfPlainTensorsByName(String name, String message) {
        Path file = folder.resolve(name);
        String actual =
                assertThrows(InputException.class, () -> TorchFile.read(file)).getMessage();
        assertTrue(actual.startsWith(file + " " + message), actual);
    }

    @Test
    void pythonReadsWhatIsWrittenHere() {
        Map<String, Object> tensors = new LinkedHashMap<>();
        for (Dtype dtype : Dtype.values()) {
            tensors.put(dtype.pythonName(), Samples.counting(dtype, 2, 3, 4));
        }
        tensors.put("scalar", Samples.counting(Dtype.FLOAT32, 1).view(new long[0]));
        tensors.put("empty", Samples.counting(Dtype.FLOAT32, 0, 4));
        Path values = folder.resolve("values.pt");
        TorchFile.write(values, Map.of("tensors", tensors, "n", Long.MIN_VALUE, "t", Tuple.of(1, 2.5, "\u4e16", true)));
        Path checkpoint = folder.resolve("checkpoint.pt");
        Samples.checkpoint().write(checkpoint);
        assertEquals("fine", python.run("""
                import sys, torch, zipfile
                for mmap in (False, True):
                    v = torch.load(sys.argv[1], weights_only=True, mmap=mmap)
                    t = v["tensors"]
                    for name in list(t)[:10]:
                        dtype = getattr(torch, name.split(".")[1])
                        assert t[name].dtype == dtype, name
                        assert torch.equal(t[name], torch.arange(24).view(2, 3, 4).to(dtype)), name
                        assert not t[name].requires_grad and t[name].is_contiguous()
                    assert t["scalar"].shape == () and t["empty"].shape == (0, 4)
                    assert v["n"] == -2**63 and v["t"] == (1, 2.5, "\\u4e16", True)
                z = zipfile.ZipFile(sys.argv[1])
                assert z.testzip() is None
                for i in z.infolist():
                    assert i.compress_type == 0
                    z.fp.seek(i.header_offset + 26)
                    lengths = z.fp.read(4)
                    start = i.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
                    assert start % 64 == 0, i
                c = torch.load(sys.argv[2])
                assert list(c) == ["format", "model", "optimizer", "epoch", "step", "best_accuracy", "recipe", "classes", "rng", "ema"]
                assert c["format"] == "dynafilter/1" and c["epoch"] == 3 and c["best_accuracy"] == 0.75
                weight = torch.nn.Parameter(torch.zeros(4, 3, 3, 3))
                optimizer = torch.optim.SGD([weight], lr=1, momentum=0.9)
                optimizer.load_state_dict(c["optimizer"])
                assert optimizer.param_groups[0]["lr"] == 0.1
                assert torch.equal(optimizer.state[weight]["momentum_buffer"], torch.arange(108.).view(4, 3, 3, 3))
                print("fine", end="")
                """, values, checkpoint));
    }

    @Test
    void aCheckpointThatPythonWroteAgainIsTheSame() {
        Path written = folder.resolve("there.pt");
        Samples.checkpoint().write(written);
        for (String option : List.of("", ", _use_new_zipfile_serialization=False")) {
            python.run(
                    "import sys, torch\ntorch.save(torch.load(sys.argv[1]), sys.argv[2]" + option + ")",
                    written,
                    folder.resolve("back.pt"));
            assertTrue(Samples.same(Samples.checkpoint(), Checkpoint.read(folder.resolve("back.pt"))));
        }
    }
}
