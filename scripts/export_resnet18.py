#!/usr/bin/env python3
"""Export torchvision's ResNet-18 as a backbone for dynafilter: TorchScript, or a state dict.

Needs torchvision, any version since 0.8; the ImageNet weights are downloaded by it.
"""
import argparse
import collections
import hashlib
import os
import pathlib
import sys

import torch

EXAMPLES = """examples:
  %(prog)s resnet18_stem.ts.pt                     ImageNet weights, scripted, conv1 to layer1
  %(prog)s resnet18.ts.pt --whole --trace          the whole network, traced
  %(prog)s resnet18_layer2.ts.pt --cut layer2      conv1 to layer2: train with --backbone FILE --cut layer2
  %(prog)s resnet18.pth --weights none             random weights, as a state dict (by the name's ending)
"""


def fail(message):
    """Ends the program as wrong usage: one line on stderr."""
    print(f"export_resnet18.py: {message}", file=sys.stderr)
    sys.exit(2)


def resnet18(weights):
    """torchvision's ResNet-18, with ImageNet weights or random ones, through the interface its version has."""
    try:
        import torchvision.models
    except ImportError:
        fail("torchvision is missing; install it with: pip install torchvision")
    if hasattr(torchvision.models, "ResNet18_Weights"):
        chosen = torchvision.models.ResNet18_Weights.IMAGENET1K_V1 if weights == "imagenet" else None
        return torchvision.models.resnet18(weights=chosen)
    return torchvision.models.resnet18(pretrained=weights == "imagenet")


def cut(network, last):
    """The layers of a network up to the one named `last`, under their names."""
    layers = collections.OrderedDict()
    for name, layer in network.named_children():
        layers[name] = layer
        if name == last:
            return torch.nn.Sequential(layers)
    fail(f"--cut {last}: no such layer; ResNet-18 has {', '.join(layers)}")


def write(network, out, trace):
    """Whole or not at all: a temporary file beside the target, renamed."""
    temporary = out.with_name(f".{out.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            if out.suffix == ".pth":
                torch.save(network.state_dict(), file)
            else:
                script = torch.jit.trace(network, torch.randn(1, 3, 32, 32)) if trace else torch.jit.script(network)
                torch.jit.save(script, file)
        os.replace(temporary, out)
    except OSError as error:
        fail(f"cannot write {out}: {error.strerror or error}")
    finally:
        temporary.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, help="file to write: .pth for a state dict, anything else for TorchScript")
    parser.add_argument("--weights", choices=["imagenet", "none"], default="imagenet", help="(default: %(default)s)")
    parser.add_argument("--trace", action="store_true", help="trace instead of script")
    parser.add_argument("--whole", action="store_true", help="the whole network instead of its first layers")
    parser.add_argument("--cut", default="layer1", metavar="NAME", help="the last layer to keep (default: %(default)s)")
    arguments = parser.parse_args()
    network = resnet18(arguments.weights).eval()
    if not arguments.whole:
        network = cut(network, arguments.cut)
    write(network, arguments.out, arguments.trace)
    digest = hashlib.sha256(arguments.out.read_bytes()).hexdigest()
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
