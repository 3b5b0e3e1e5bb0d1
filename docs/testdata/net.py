"""The network of docs/pretrained.md: writes net.pt and prints a result. python docs/testdata/net.py"""

import os

import torch
import torch.nn.functional as F
from torch import nn


class PixelNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.blocks = nn.ModuleList([nn.Linear(36, 16), nn.Linear(16, 16)])
        self.last_part = nn.Sequential(nn.Dropout(0.1), nn.Linear(16, 3))

    def forward(self, x):  # (N, 1, 8, 8)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2).flatten(1)
        for block in self.blocks:
            x = F.relu(block(x))
        return self.last_part(x)


torch.manual_seed(1)
net = PixelNet()
os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.save(net.state_dict(), "net.pt")

net.eval()
print(net(torch.ones(1, 1, 8, 8)))
