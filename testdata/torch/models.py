"""Writes testdata/torch/models.json: logits and gradients of package models' networks.

    OMP_NUM_THREADS=1 python testdata/torch/models.py

Every network is made after torch.manual_seed(0) and has 10 classes. The images are a fixed function of their index.
"initial" has the norm of each parameter. "logits" are the float32 results in evaluation mode, "tolerance" four times
their largest difference to float64. Then one training step in float64, without dropout, gives "trained" (logits),
"loss", "gradients" and "buffers", with the norm of each gradient and buffer after the step. Needs torchvision and the PyPI package efficientnet-lite-pytorch.
"""

import copy
import json
import os

import torch
import torchvision
from efficientnet_lite_pytorch import EfficientNet as Lite
from torch import nn

from networks import LeNet5, MNISTNet, ResNet20

here = os.path.dirname(os.path.abspath(__file__))


def images(*shape):
    n = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(n * 0.37 + (n / 97).floor() * 0.11).reshape(shape).float()


def vision(name):
    return lambda: getattr(torchvision.models, name)(num_classes=10)


networks = {
    "lenet5": (lambda: LeNet5(10), (2, 1, 28, 28)),
    "mnist": (lambda: MNISTNet(10), (2, 1, 28, 28)),
    "resnet20": (lambda: ResNet20(10), (2, 3, 32, 32)),
    "resnet18": (vision("resnet18"), (2, 3, 64, 64)),
    "resnet34": (vision("resnet34"), (2, 3, 64, 64)),
    "resnet50": (vision("resnet50"), (2, 3, 64, 64)),
    "vgg11_bn": (vision("vgg11_bn"), (1, 3, 32, 32)),
    "mobilenet_v2": (vision("mobilenet_v2"), (2, 3, 64, 64)),
    "mobilenet_v3_large": (vision("mobilenet_v3_large"), (2, 3, 64, 64)),
    "mobilenet_v3_small": (vision("mobilenet_v3_small"), (2, 3, 64, 64)),
    "efficientnet_b0": (vision("efficientnet_b0"), (2, 3, 64, 64)),
    "efficientnet_lite0": (lambda: Lite.from_name("efficientnet-lite0", num_classes=10, image_size=64), (2, 3, 64, 64)),
    "convnext_tiny": (vision("convnext_tiny"), (2, 3, 64, 64)),
}


def rounded(x, digits=12):
    return [float(f"{v:.{digits}g}") for v in x.detach().double().flatten().tolist()]


def norms(named):
    return {k: rounded(v.double().norm())[0] for k, v in named}


def train(net, x, y):
    """Returns the results of a training step without dropout."""
    net.train()
    for m in net.modules():
        if isinstance(m, (nn.Dropout, torchvision.ops.StochasticDepth)):
            m.eval()
    if isinstance(net, Lite):
        net._global_params = net._global_params._replace(drop_connect_rate=0)
    logits = net(x)
    loss = nn.functional.cross_entropy(logits, y)
    loss.backward()
    return {"trained": rounded(logits), "loss": rounded(loss), "gradients": norms((k, v.grad) for k, v in net.named_parameters()),
            "buffers": norms(net.named_buffers())}


out = {}
for name, (make, shape) in networks.items():
    torch.manual_seed(0)
    net = make().eval()
    exact = copy.deepcopy(net).double()
    x, y = images(*shape), torch.arange(shape[0]) * 3 % 10
    with torch.no_grad():
        logits, difference = net(x), (net(x) - exact(x.double())).abs().max().item()
    out[name] = {"shape": shape, "initial": norms(net.named_parameters()), "logits": rounded(logits, 7),
                 "tolerance": float(f"{max(2e-6, 4 * difference):.2g}")}
    if not name.startswith("vgg"):  # 130 million parameters take 3 GB in a step in float64
        out[name] |= train(exact, x.double(), y)
    print(name, sum(p.numel() for p in net.parameters()), out[name]["tolerance"])

with open(os.path.join(here, "models.json"), "w") as f:
    f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.items()) + "\n}\n")
