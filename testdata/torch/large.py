"""Results and gradients of functions that compute exponentials or logarithms, for logits from 1 to 1e30: large.json.

For each magnitude m, the logits are m times LEVELS, in rows with and without ties, which float32 and bfloat16 have exactly. Each case is
[result, gradient], both flat: the result in the given type, the gradient in float64 and for m of at most 1000. Above, gradients do not
change any more, but PyTorch's do where it computes them from a rounded logarithm of a sum (attention, logsumexp, CTC: factors of 2, and
NaN from 1e12 on).
"""

import json
import os

import torch
import torch.nn.functional as F

import keep

here = os.path.dirname(os.path.abspath(__file__))
LEVELS = [1, -0.5, 1, 0.25, -1, 0]
T, N, C = 5, 2, 4
TARGETS = torch.tensor([[1, 2], [3, 3]])


def upstream(y):
    return (torch.arange(y.numel(), dtype=torch.float64) * 3 % 7 - 3).to(y.dtype).reshape(y.shape)


def ctc(x):
    return F.ctc_loss(F.log_softmax(x.reshape(T, N, C), -1), TARGETS, (T, 4), (2, 2), reduction="none")


def attention(x):
    q = x.reshape(1, 1, 10, 4)
    eye = torch.eye(4, dtype=x.dtype)  # scores are the logits
    return F.scaled_dot_product_attention(q, eye.reshape(1, 1, 4, 4), eye.flip(0).reshape(1, 1, 4, 4), scale=1.0)


labels = torch.arange(8) % 5
CASES = {
    "softmax": lambda x: x.reshape(8, 5).softmax(-1),
    "log_softmax": lambda x: x.reshape(8, 5).log_softmax(-1),
    "logsumexp": lambda x: x.reshape(8, 5).logsumexp(-1),
    "cross_entropy": lambda x: F.cross_entropy(x.reshape(8, 5), labels),
    "cross_entropy_smoothed": lambda x: F.cross_entropy(x.reshape(8, 5), labels, label_smoothing=0.25),
    "cross_entropy_weighted": lambda x: F.cross_entropy(x.reshape(8, 5), labels, weight=torch.tensor([1.0, 2, 0.5, 0.25, 4]).to(x.dtype)),
    "bce_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, (torch.arange(40) % 3).clamp(max=1).to(x.dtype)),
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "ctc_loss": ctc,
    "attention": attention,
}


def logits(m, dtype):
    return torch.tensor([m * LEVELS[(i + i // 6) % 6] for i in range(40)], dtype=dtype)


def case(f, m, dtype):
    result = f(logits(m, dtype))
    x = logits(min(m, 1e3), torch.float64).requires_grad_()
    y = f(x)
    y.backward(upstream(y))
    return [t.flatten().tolist() for t in (result, x.grad)]


if __name__ == "__main__":
    out = {}
    for dtype in (torch.float32, torch.bfloat16):
        for name, f in CASES.items():
            if name == "ctc_loss" and dtype == torch.bfloat16:
                continue  # PyTorch has no kernel
            for m in (1.0, 1e3, 1e6, 1e12, 1e30):
                out[f"{name} {str(dtype)[6:]} {m:.0e}"] = case(f, m, dtype)
    path = os.path.join(here, "large.json")
    out = keep.values(path, out)
    with open(path, "w") as file:
        json.dump(out, file)
