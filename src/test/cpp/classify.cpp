// Loads an exported network with libtorch and prints the scores, maps and filters of one image of a known pattern.
#include <torch/script.h>

#include <iostream>
#include <unordered_map>

static void print(const char* name, const at::Tensor& tensor) {
    at::Tensor flat = tensor.to(at::kDouble).flatten();
    std::cout << name << ' ' << tensor.sizes();
    for (int64_t i = 0; i < std::min<int64_t>(flat.numel(), 10); i++) {
        std::cout << ' ' << flat[i].item<double>();
    }
    std::cout << '\n';
}

int main(int, char** argv) {
    std::unordered_map<std::string, std::string> extra{{"classes.txt", ""}};
    torch::jit::Module network = torch::jit::load(argv[1], at::kCPU, extra);
    at::NoGradGuard no_gradients;
    at::Tensor image = (torch::arange(3 * 32 * 32) * 37 % 256).to(at::kByte).view({1, 3, 32, 32});
    std::cout.precision(9);
    print("scores", network.forward({image}).toTensor());
    print("maps", network.get_method("response_maps")({image}).toTensor());
    print("filters", network.get_method("filters")({}).toTensor());
    std::cout << extra["classes.txt"];
}
