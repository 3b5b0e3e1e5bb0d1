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

here = os.path.dirname(os.path.abspath(__file__))


class LeNet5(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, classes)

    def forward(self, x):
        x = nn.functional.avg_pool2d(self.conv1(x).tanh(), 2)
        x = nn.functional.avg_pool2d(self.conv2(x).tanh(), 2).flatten(1)
        return self.fc3(self.fc2(self.fc1(x).tanh()).tanh())


class MNISTNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, classes)

    def forward(self, x):
        x = self.conv2(self.conv1(x).relu()).relu()
        x = self.dropout1(nn.functional.max_pool2d(x, 2)).flatten(1)
        return self.fc2(self.dropout2(self.fc1(x).relu()))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.stride, self.more = stride, o - i

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.stride > 1:
            x = nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return (y + x).relu()


class ResNet20(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(Block(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, classes)
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.bn1(self.conv1(x)).relu())))
        return self.linear(x.mean((2, 3)))


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
