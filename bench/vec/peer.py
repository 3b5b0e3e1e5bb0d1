"""Times PyTorch's operations as main.go times Lamina's. Prints name, elements, shortest and median nanoseconds per call."""
import argparse
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("-threads", type=int, default=1)
parser.add_argument("-elements", type=int, default=0)
parser.add_argument("only", nargs="?", default="")
args = parser.parse_args()
torch.set_num_threads(args.threads)
only = args.only


def measure(name, n, f):
    if not (only in ("", name) or only.endswith("*") and name.startswith(only[:-1])):
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


def rows(n, run):
    a, nn = torch.ops.aten, torch._C._nn
    x, w, y = 3 * torch.randn(n), 3 * torch.randn(n), torch.empty(n)
    above, unit, truth = x.abs() + 0.01, torch.rand(n), torch.rand(n) < 0.5
    for name in "neg abs exp square relu:clamp_min sigmoid tanh expm1 floor ceil round trunc sin cos tan atan sinh cosh erf reciprocal sign".split():
        name, _, f = name.partition(":")
        if f:
            run(name, lambda: torch.clamp_min(x, 0, out=y))
        else:
            f = getattr(torch, name)
            run(name, lambda: f(x, out=y))
    for name in "log log2 log10 log1p sqrt rsqrt".split():
        f = getattr(torch, name)
        run(name, lambda: f(above, out=y))
    for name in "asin acos".split():
        f = getattr(torch, name)
        run(name, lambda: f(unit, out=y))
    run("add_scalar", lambda: torch.add(x, 1.5, out=y))
    run("mul_scalar", lambda: torch.mul(x, 1.5, out=y))
    run("div_scalar", lambda: torch.div(x, 1.5, out=y))
    run("pow_scalar", lambda: torch.pow(x, 3, out=y))
    run("equal_scalar", lambda: torch.eq(x, 1, out=truth))
    run("greater_scalar", lambda: torch.gt(x, 1, out=truth))
    run("less_scalar", lambda: torch.lt(x, 1, out=truth))
    run("isnan", lambda: torch.isnan(x))
    run("isinf", lambda: torch.isinf(x))
    run("isfinite", lambda: torch.isfinite(x))
    run("clamp", lambda: torch.clamp(x, -1, 1, out=y))
    run("leaky_relu", lambda: nn.leaky_relu(x, 0.01, out=y))
    run("leaky_relu_gradient", lambda: a.leaky_relu_backward(w, x, 0.01, False, grad_input=y))
    run("gelu", lambda: nn.gelu(x, out=y))
    run("gelu_gradient", lambda: a.gelu_backward(w, x, grad_input=y))
    run("gelu_tanh", lambda: nn.gelu(x, approximate="tanh", out=y))
    run("gelu_tanh_gradient", lambda: a.gelu_backward(w, x, approximate="tanh", grad_input=y))
    run("silu", lambda: nn.silu(x, out=y))
    run("silu_gradient", lambda: a.silu_backward(w, x, grad_input=y))
    run("elu", lambda: nn.elu(x, out=y))
    run("elu_gradient", lambda: a.elu_backward(w, 1, 1, 1, False, x, grad_input=y))
    run("selu", lambda: F.selu(x))
    run("celu", lambda: F.celu(x))
    run("mish", lambda: nn.mish(x, out=y))
    run("mish_gradient", lambda: a.mish_backward(w, x))
    run("softplus", lambda: nn.softplus(x, out=y))
    run("softplus_gradient", lambda: a.softplus_backward(w, x, 1, 20, grad_input=y))
    run("softsign", lambda: F.softsign(x))
    run("hardtanh", lambda: nn.hardtanh(x, out=y))
    run("hardtanh_gradient", lambda: a.hardtanh_backward(w, x, -1, 1, grad_input=y))
    run("hardswish", lambda: nn.hardswish(x, out=y))
    run("hardswish_gradient", lambda: a.hardswish_backward(w, x))
    run("log_sigmoid", lambda: F.logsigmoid(x))
    _, buffer = a.log_sigmoid_forward(x)
    run("log_sigmoid_gradient", lambda: a.log_sigmoid_backward(w, x, buffer, grad_input=y))
    zero = torch.zeros(n)
    run("smooth_l1", lambda: a.smooth_l1_loss(x, zero, 0))
    run("huber", lambda: a.huber_loss(x, zero, 0))
    for name in "add sub mul div maximum minimum atan2 remainder floor_divide".split():
        f = getattr(torch, name)
        run(name, lambda: f(x, w, out=y))
    run("pow", lambda: torch.pow(above, w, out=y))
    for name, short in (("equal", "eq"), ("not_equal", "ne"), ("greater", "gt"), ("greater_or_equal", "ge"), ("less", "lt"),
                        ("less_or_equal", "le"), ("and", "logical_and"), ("or", "logical_or"), ("xor", "logical_xor")):
        f = getattr(torch, short)
        run(name, lambda: f(x, w, out=truth))
    run("relu_gradient", lambda: a.threshold_backward(w, x, 0, grad_input=y))
    run("sigmoid_gradient", lambda: a.sigmoid_backward(w, x, grad_input=y))
    run("tanh_gradient", lambda: a.tanh_backward(w, x, grad_input=y))
    run("prelu", lambda: F.prelu(x, w[:1]))
    run("clamp_gradient", lambda: a.hardtanh_backward(w, x, -1, 1, grad_input=y))
    run("axpy", lambda: torch.add(x, w, alpha=0.5, out=y))
    run("lerp_scalar", lambda: torch.lerp(x, w, 0.3, out=y))
    run("bce", lambda: F.binary_cross_entropy(unit, unit, reduction="none"))
    run("bce_with_logits", lambda: F.binary_cross_entropy_with_logits(x, unit, reduction="none"))
    run("where", lambda: torch.where(truth, x, w, out=y))
    run("fill", lambda: y.fill_(1))
    long, wide = torch.randint(1, 101, (n,)), torch.randint(1, 101, (n,))
    out = torch.empty(n, dtype=torch.int64)
    for name, short in (("add", "add"), ("mul", "mul"), ("maximum", "maximum"), ("remainder", "remainder"), ("floor_divide", "floor_divide")):
        f = getattr(torch, short)
        run(name + "_int64", lambda: f(long, wide, out=out))
    for name, short in (("less", "lt"), ("equal", "eq"), ("and", "logical_and")):
        f = getattr(torch, short)
        run(name + "_int64", lambda: f(long, wide, out=truth))
    b1, b2 = torch.rand(n) < 0.5, torch.rand(n) < 0.5
    run("and_bool", lambda: torch.logical_and(b1, b2, out=truth))
    for t in (torch.bfloat16, torch.float16):
        h, g, o, name = x.to(t), w.to(t), x.to(t), str(t)[6:]
        run("widen_" + name, lambda: y.copy_(h))
        run("narrow_" + name, lambda: o.copy_(x))
        run("add_" + name, lambda: torch.add(h, g, out=o))
        run("exp_" + name, lambda: torch.exp(h, out=o))
        run("relu_" + name, lambda: torch.clamp_min(h, 0, out=o))
    run("float_of_int64", lambda: y.copy_(long))
    run("int64_of_float", lambda: out.copy_(x))
    run("float_of_bool", lambda: y.copy_(truth))


@torch.no_grad()
def main():
    for n in (args.elements,) if args.elements else (1 << 16, 1 << 24):
        def run(name, f):
            measure(name, n, f)
        x, dy, y = 3 * torch.randn(n), torch.randn(n), torch.empty(n)
        run("copy", lambda: y.copy_(x))
        rows(n, run)
        run("sum", lambda: torch.sum(x))
        run("max", lambda: torch.max(x))
        run("argmax", lambda: torch.argmax(x))
        m, out = x.view(-1, 1024), y.view(-1, 1024)
        dm = dy.view(-1, 1024)
        run("row_max", lambda: torch.amax(m, 1))
        run("row_argmax", lambda: torch.argmax(m, 1))
        run("row_sum", lambda: torch.sum(m, 1))
        run("cumsum", lambda: torch.cumsum(m, 1, out=out))
        run("softmax", lambda: torch.softmax(m, 1, out=out))
        run("log_softmax", lambda: torch._C._special.special_log_softmax(m, 1))
        small = torch.empty(1024)
        run("column_sums", lambda: torch.sum(m, 0, out=small))
        w, b = x[:1024].clone(), dy[:1024].clone()
        run("layer_norm", lambda: F.layer_norm(m, (1024,), w, b))
        _, mean, rstd = torch.ops.aten.native_layer_norm(m, (1024,), w, b, 1e-5)
        run("layer_norm_grad", lambda: torch.ops.aten.native_layer_norm_backward(dm, m, (1024,), mean, rstd, w, b, [True] * 3))
        if n > 1 << 16:
            continue
        for name, make in (
            ("adam", lambda p: torch.optim.Adam([p], fused=True)),
            ("sgd_momentum", lambda p: torch.optim.SGD([p], momentum=0.9, fused=True)),
            ("rmsprop", lambda p: torch.optim.RMSprop([p], foreach=True)),
        ):
            p = torch.nn.Parameter(dy.clone())
            p.grad = x
            run(name, make(p).step)


main()
