"""Times PyTorch's operations on one thread as main.go does ours: name, elements, shortest and median nanoseconds a call."""
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
only = sys.argv[1] if len(sys.argv) > 1 else ""


def measure(name, n, f):
    if only not in name:
        return
    times = []
    for keep in (False, True):
        end = time.perf_counter_ns() + 60_000_000
        while time.perf_counter_ns() < end or len(times) < 5:
            start = time.perf_counter_ns()
            f()
            d = time.perf_counter_ns() - start
            if keep or len(times) < 5:
                times.append(d)
    times = sorted(times[5:])
    print(name, n, times[0], times[len(times) // 2], flush=True)


@torch.no_grad()
def main():
    a = torch.ops.aten
    for n in (1 << 16, 1 << 24):
        x, dy, y = 3 * torch.randn(n), torch.randn(n), torch.empty(n)
        positive = x.abs() + 0.01
        measure("copy", n, lambda: y.copy_(x))
        measure("add", n, lambda: torch.add(x, dy, out=y))
        measure("mul", n, lambda: torch.mul(x, dy, out=y))
        measure("div", n, lambda: torch.div(x, positive, out=y))
        measure("axpy", n, lambda: y.add_(x, alpha=0.5))
        measure("scale", n, lambda: torch.mul(x, 0.5, out=y))
        measure("relu", n, lambda: torch.clamp_min(x, 0, out=y))
        measure("relu_grad", n, lambda: a.threshold_backward(dy, x, 0, grad_input=y))
        measure("sum", n, lambda: torch.sum(x))
        measure("max", n, lambda: torch.max(x))
        if n > 1 << 16:
            continue
        measure("sqrt", n, lambda: torch.sqrt(positive, out=y))
        measure("exp", n, lambda: torch.exp(x, out=y))
        measure("log", n, lambda: torch.log(positive, out=y))
        measure("tanh", n, lambda: torch.tanh(x, out=y))
        measure("sigmoid", n, lambda: torch.sigmoid(x, out=y))
        measure("gelu", n, lambda: torch._C._nn.gelu(x, out=y))
        measure("gelu_tanh", n, lambda: torch._C._nn.gelu(x, approximate="tanh", out=y))
        measure("silu", n, lambda: torch._C._nn.silu(x, out=y))
        measure("elu", n, lambda: torch._C._nn.elu(x, out=y))
        measure("softplus", n, lambda: torch._C._nn.softplus(x, out=y))
        measure("gelu_grad", n, lambda: a.gelu_backward(dy, x, grad_input=y))
        measure("gelu_tanh_grad", n, lambda: a.gelu_backward(dy, x, approximate="tanh", grad_input=y))
        measure("silu_grad", n, lambda: a.silu_backward(dy, x, grad_input=y))
        measure("argmax", n, lambda: torch.argmax(x))
        rows, out = x.view(64, 1024), y.view(64, 1024)
        measure("softmax", n, lambda: torch.softmax(rows, 1, out=out))
        measure("log_softmax", n, lambda: torch._C._special.special_log_softmax(rows, 1))
        small = torch.empty(1024)
        measure("column_sums", n, lambda: torch.sum(rows, 0, out=small))
        w, b = x[:1024].clone(), dy[:1024].clone()
        measure("layer_norm", n, lambda: F.layer_norm(rows, (1024,), w, b))
        for name, make in (
            ("adam", lambda p: torch.optim.Adam([p], fused=True)),
            ("sgd_momentum", lambda p: torch.optim.SGD([p], momentum=0.9, fused=True)),
            ("rmsprop", lambda p: torch.optim.RMSprop([p], foreach=True)),
        ):
            p = torch.nn.Parameter(dy.clone())
            p.grad = x
            measure(name, n, make(p).step)


main()
