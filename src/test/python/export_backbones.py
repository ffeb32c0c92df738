"""Writes the files of BackboneFileTest into the folder that is named."""
import collections
import copy
import sys
import warnings

import torch
from torch import nn

from networks import BottleneckResNet, MobileNet, ResNet18, Vgg, lived

warnings.simplefilter("ignore")
folder = sys.argv[1]
torch.manual_seed(0)
net = lived(ResNet18())
images = torch.randn(2, 3, 32, 32)


def both(name, module):
    torch.jit.script(module).save(f"{folder}/{name}-scripted.pt")
    torch.jit.trace(module, images).save(f"{folder}/{name}-traced.pt")


layers = collections.OrderedDict(list(net.named_children())[:5])
named, numbered = nn.Sequential(layers), nn.Sequential(*list(net.children())[:5])
torch.save({"images": images, "features": named(images).detach(), "tensors": named.state_dict()},
           f"{folder}/expected.pt")
for name, module in {"whole": net, "named": named, "numbered": numbered}.items():
    both(name, module)
torch.save(net.state_dict(), f"{folder}/whole.pth")
torch.save(numbered.state_dict(), f"{folder}/numbered.pth")
torch.save({"state_dict": {"module." + k: v for k, v in net.state_dict().items()}, "epoch": 3}, f"{folder}/wrapped.pth")

torch.jit.script(nn.Linear(4, 4)).save(f"{folder}/linear.pt")
average = copy.deepcopy(named)
average.maxpool = nn.AvgPool2d(3, 2, 1)
torch.jit.script(average).save(f"{folder}/average.pt")
numbered_layer2 = nn.Sequential(*list(net.children())[:6])
torch.jit.script(numbered_layer2).save(f"{folder}/numbered-layer2.pt")
torch.save({k: v for k, v in net.state_dict().items() if "layer1.1.conv2" not in k}, f"{folder}/missing.pth")
torch.save(ResNet18(32).state_dict(), f"{folder}/narrow.pth")
torch.save({"fc.weight": torch.ones(2, 2)}, f"{folder}/other.pth")

others = {"bottleneck": lived(BottleneckResNet()), "vgg": lived(Vgg()), "mobilenet": lived(MobileNet())}
for name, module in others.items():
    both(name, module)
unlucky = nn.Sequential(nn.Conv2d(3, 64, 8, 8), nn.ReLU(), nn.Conv2d(64, 48, 3, 2, 1))  # 4x4 to 2x2
torch.jit.script(unlucky).save(f"{folder}/unlucky.pt")
others |= {"whole": net, "average": average, "unlucky": unlucky}
features = {"images": images, "numbered-layer2.pt layer1": numbered_layer2(images).detach()}
for name, module in others.items():
    for cut, layer in module.named_modules():
        # What a hook sees while the whole network runs; cloned, for a ReLU in place may follow.
        layer.register_forward_hook(
            lambda _, given, out, key=f"{name}.pt {cut}": features.__setitem__(key, out.detach().clone()))
    module(images)
torch.save(features, f"{folder}/features.pt")
