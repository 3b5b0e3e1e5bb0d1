"""Times PyTorch's convolutions for main.go. Answers lines on standard input:

set batch in out kernel stride padding size groups: makes a layer; prints weighted sums of y, dx and dw
forward ms, all ms: prints the shortest nanoseconds of a call with NCHW and with channels-last data
"""
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))


def numbers(*shape):
    n = int(np.prod(shape))
    i = np.arange(n, dtype=np.int64)
    return torch.from_numpy(((i * 7919 % 1009).astype(np.float32) / np.float32(1009) - np.float32(0.5)).reshape(shape))


class Layer:
    def __init__(self, batch, cin, cout, kernel, stride, padding, size, groups, layout):
        self.x = numbers(batch, cin, size, size).contiguous(memory_format=layout).requires_grad_()
        self.w = numbers(cout, cin // groups, kernel, kernel).contiguous(memory_format=layout).requires_grad_()
        self.b = numbers(cout)
        self.settings = (stride, padding, 1, groups)
        self.dy = numbers(*F.conv2d(self.x, self.w, None, *self.settings).shape).contiguous(memory_format=layout)

    def forward(self):
        with torch.no_grad():
            F.conv2d(self.x, self.w, self.b, *self.settings)

    def all(self):
        y = F.conv2d(self.x, self.w, self.b, *self.settings)
        return y, *torch.autograd.grad(y, (self.x, self.w), self.dy)


def measure(f, ms):
    best, n = 1 << 62, 0
    end = time.perf_counter_ns() + ms * 1e6
    while n < 2 or time.perf_counter_ns() < end:
        start = time.perf_counter_ns()
        f()
        best = min(best, time.perf_counter_ns() - start)
        n += 1
    return best


for line in sys.stdin:
    name, *arguments = line.split()
    if name == "set":
        layers = [Layer(*map(int, arguments), layout) for layout in (torch.contiguous_format, torch.channels_last)]
        sums = []
        for v in layers[0].all():
            v = v.detach().numpy().ravel().astype(np.float64)
            weights = np.arange(v.size) % 101
            sums += [v @ weights, np.abs(v) @ weights]
        print(*sums, flush=True)
    else:
        print(*[measure(getattr(layer, name), float(arguments[0])) for layer in layers], flush=True)
