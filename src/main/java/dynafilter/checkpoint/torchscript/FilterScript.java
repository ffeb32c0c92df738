package dynafilter.checkpoint.torchscript;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.BasisImage;
import dynafilter.model.ConstantFilters;
import dynafilter.model.FilterDesign;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ScriptModule;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * The part of an exported network that makes its filters and applies them, as TorchScript: its modules, and the methods {@code
 * apply_filters(features) -> [N, K * heads, H, W]} and {@code filters() -> [K * heads, C, k, k]} where filters are constants, or
 * {@code image_filters(features) -> [N, K, C]} where each image has its own.
 */
final class FilterScript {
    private static final String LINEAR = """
            def forward(self, x: Tensor) -> Tensor:
                return torch.linear(x, self.weight, self.bias)
            """;

    private static final String PERCEPTRON = """
            def forward(self, x: Tensor) -> Tensor:
                inner = torch.relu(getattr(self, "0").forward(x))
                return getattr(self, "2").forward(inner)
            """;

    private static final String GENERATOR = """
            def forward(self, labels: Tensor) -> Tensor:
                inner = torch.relu(getattr(self, "0").forward(labels))
                return torch.tanh(getattr(self, "2").forward(inner))
            """;

    private static final String CONSTANT = """
            def generate_filters(self) -> Tensor:
            %s

            def filters(self) -> Tensor:
                return %s

            def apply_filters(self, features: Tensor) -> Tensor:
                filters = self.filters() * %s
            %s
                return maps%s
            """;

    private static final String NORMALISED = """
                rows = torch.reshape(%s, [%d, %d])
                lengths = torch.clamp_min(torch.norm(rows, 2, [1], True), 1e-12)
                return torch.reshape(rows / lengths, [%2$d, %d, %d, %5$d])""".indent(4).stripTrailing();

    private static final String PLACES = """

            def generate_places(self) -> Tensor:
                return torch.reshape(self.places.forward(self.embedding.weight) + 1, [%d, %d, %d])

            def place_weights(self) -> Tensor:
                return %s
            """;

    private static final String CONDITIONAL = """
            def image_filters(self, features: Tensor) -> Tensor:
                labels = getattr(self.generator, "0").forward(self.embedding.weight)
                means = torch.mean(features, [2, 3])
                image = torch.unsqueeze(torch.linear(means, self.generator.image.weight), 1)
                rows = torch.tanh(getattr(self.generator, "2").forward(torch.relu(image + labels)))
                return rows / torch.clamp_min(torch.norm(rows, 2, [2], True), 1e-12)

            def apply_filters(self, features: Tensor) -> Tensor:
                maps = torch.bmm(self.image_filters(features) * %s, torch.flatten(features, 2))
                return torch.reshape(maps, [-1, %d, %d, %d])
            """;

    private static final String BANK = """
            def bank(self) -> Tensor:
                rows = torch.flatten(self.basis.weight, 1)
                return rows / torch.clamp_min(torch.norm(rows, 2, [1], True), 1e-12)
            """;

    private static final String MIXED = """

            def mixture(self, features: Tensor) -> Tensor:
                labels = self.mixer.label.forward(self.embedding.weight)
                image = torch.linear(torch.mean(features, [2, 3]), self.mixer.image.weight)
                return torch.softmax(torch.unsqueeze(image, 1) + labels, -1)

            def image_filters(self, features: Tensor) -> Tensor:
                return torch.matmul(self.mixture(features), self.bank())

            def apply_filters(self, features: Tensor) -> Tensor:
                filters = torch.reshape(self.bank() * %s, [%d, %d, 1, 1])
            %s
                return torch.reshape(torch.bmm(self.mixture(features), torch.flatten(maps, 2)), [-1, %d, %d, %d])
            """;

    private static final String MIXED_CONSTANT = """
                mixture = torch.softmax(self.mixer.label.forward(self.embedding.weight), -1)
                return torch.reshape(torch.matmul(mixture, self.bank()), [%d, %d, 1, 1])""".indent(4).stripTrailing();

    private final TrainedNetwork trained;
    private final NetworkShape shape;
    private final FilterDesign design;
    private final boolean baked;
    private final boolean runs;

    /**
     * @param baked true: constant filters are stored as they are now; false: they are generated at every call
     * @param runs true: for libtorch; false: for translation, which needs no regard to libtorch's convolutions
     */
    FilterScript(TrainedNetwork trained, boolean baked, boolean runs) {
        this.trained = trained;
        this.baked = baked;
        this.runs = runs;
        shape = trained.network().shape();
        design = shape.design();
    }

    /** Adds modules and buffers to the network's module. */
    void addModules(ScriptModule module) {
        if (design.kind().hasEmbeddings()) {
            module.module("embedding", weightOf("Embedding", NetworkShape.EMBEDDING));
        }
        switch (design.kind()) {
            case STATIC, SINGLE -> module.module("filter_bank", weightOf("FilterBank", "filters.weight"));
            case DYNAMIC -> module.module("generator", generator());
            case LOCAL ->
                module.module("generator", generator()).module("places", pair("PlaceGenerator", "places", PERCEPTRON));
            case CONDITIONAL ->
                module.module(
                        "generator", generator().module("image", weightOf("ImagePart", "generator.image.weight")));
            case BASIS -> {
                ScriptModule mixer = ScriptModule.create("Mixer").module("label", linear("mixer.label"));
                if (design.basisImage() == BasisImage.ON) {
                    mixer.module("image", weightOf("ImagePart", "mixer.image.weight"));
                }
                module.module("basis", weightOf("Basis", "basis.weight")).module("mixer", mixer);
            }
        }
        if (baked && design.isConstant()) {
            ConstantFilters constants = trained.network().constants();
            module.buffer("baked_filters", constants.weights());
            if (constants.places() != null) {
                module.buffer("baked_places", constants.places());
            }
        }
    }

    /** The source of the methods. */
    String methods() {
        return switch (design.kind()) {
            case STATIC, SINGLE -> constant(normalised("torch.flatten(self.filter_bank.weight, 1)"), "");
            case DYNAMIC -> constant(normalised(generated()), "");
            case LOCAL ->
                constant(normalised(generated()), " * self.place_weights()")
                        + PLACES.formatted(
                                shape.classes(),
                                shape.mapHeight(),
                                shape.mapWidth(),
                                baked ? "self.baked_places" : "self.generate_places()");
            case CONDITIONAL ->
                CONDITIONAL.formatted(rescaling(), shape.classes(), shape.mapHeight(), shape.mapWidth());
            case BASIS ->
                BANK
                        + (design.isConstant()
                                ? "\n" + constant(MIXED_CONSTANT.formatted(shape.classes(), shape.channels()), "")
                                : MIXED.formatted(
                                        rescaling(),
                                        design.basis(),
                                        shape.channels(),
                                        convolution(design.basis()),
                                        shape.classes(),
                                        shape.mapHeight(),
                                        shape.mapWidth()));
        };
    }

    private static String generated() {
        return "self.generator.forward(self.embedding.weight)";
    }

    private String normalised(String rows) {
        int size = design.size();
        return NORMALISED.formatted(rows, shape.maps(), shape.channels() * size * size, shape.channels(), size);
    }

    private String constant(String generate, String places) {
        return CONSTANT.formatted(
                generate,
                baked ? "self.baked_filters" : "self.generate_filters()",
                rescaling(),
                convolution(shape.maps()),
                places);
    }

    private String convolution(int filters) {
        return shape.convolutionScript(filters, runs).indent(4).stripTrailing();
    }

    private String rescaling() {
        return Double.toString(shape.rescaling());
    }

    private ScriptModule generator() {
        return pair("FilterGenerator", "generator", GENERATOR);
    }

    /** Two linear layers with the names 0 and 2, as in {@code nn.Sequential} with an activation between them. */
    ScriptModule pair(String className, String prefix, String forward) {
        return ScriptModule.create(className)
                .module("0", linear(prefix + ".0"))
                .module("2", linear(prefix + ".2"))
                .define(forward);
    }

    private ScriptModule linear(String name) {
        return ScriptModule.create("Linear")
                .parameter("weight", tensor(name + ".weight"))
                .parameter("bias", tensor(name + ".bias"))
                .define(LINEAR);
    }

    private ScriptModule weightOf(String className, String name) {
        return ScriptModule.create(className).parameter("weight", tensor(name));
    }

    private Tensor tensor(String name) {
        return Objects.requireNonNull(trained.state().get(name), name);
    }
}
