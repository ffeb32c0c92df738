#!/usr/bin/env python3
"""Export torchvision's ResNet-18 as a backbone for dynafilter: TorchScript, or a state dict.

    export_resnet18.py resnet18_stem.ts.pt                     ImageNet weights, scripted, conv1 to layer1
    export_resnet18.py resnet18.ts.pt --whole --trace          the whole network, traced
    export_resnet18.py resnet18.pth --weights none             random weights, as a state dict (by the name's ending)

Needs torchvision, any version since 0.8; the ImageNet weights are downloaded by it.
"""
import argparse
import collections
import hashlib
import pathlib
import sys

import torch


def resnet18(weights):
    """torchvision's ResNet-18, with ImageNet weights or random ones, through the interface its version has."""
    import torchvision.models

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
    sys.exit(f"export_resnet18.py: no layer {last}; ResNet-18 has {', '.join(layers)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, help="file to write: .pth for a state dict, anything else for TorchScript")
    parser.add_argument("--weights", choices=["imagenet", "none"], default="imagenet")
    parser.add_argument("--trace", action="store_true", help="trace instead of script")
    parser.add_argument("--whole", action="store_true", help="the whole network instead of its first layers")
    parser.add_argument("--cut", default="layer1", metavar="NAME", help="the last layer to keep (default: layer1)")
    arguments = parser.parse_args()
    try:
        network = resnet18(arguments.weights).eval()
    except ImportError:
        print("export_resnet18.py: torchvision is missing; install it with: pip install torchvision", file=sys.stderr)
        return 2
    if not arguments.whole:
        network = cut(network, arguments.cut)
    if arguments.out.suffix == ".pth":
        torch.save(network.state_dict(), arguments.out)
    elif arguments.trace:
        torch.jit.trace(network, torch.randn(1, 3, 32, 32)).save(str(arguments.out))
    else:
        torch.jit.script(network).save(str(arguments.out))
    digest = hashlib.sha256(arguments.out.read_bytes()).hexdigest()
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes, sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
