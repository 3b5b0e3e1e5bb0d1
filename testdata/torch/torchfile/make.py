"""Writes files with torch.save and torch.jit.save for package torchfile, and the tensors of each as safetensors.

    OMP_NUM_THREADS=1 python testdata/torch/torchfile/make.py

The files are not byte-equal between runs and PyTorch versions: run the script only to change them.
"""

import collections
import os

import safetensors.torch
import torch
from torch import nn

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)


def flat(value, path=()):
    """Yields (path, tensor) for the tensors of nested dictionaries, lists and modules."""
    if isinstance(value, torch.Tensor):
        yield ".".join(map(str, path)), value.detach().clone().contiguous().resolve_neg()
    elif isinstance(value, nn.Module):
        yield from flat(dict(value.state_dict()), path)
    elif isinstance(value, dict):
        for k, v in value.items():
            yield from flat(v, path + (k,))
    elif isinstance(value, (list, tuple)):
        for i, v in enumerate(value):
            yield from flat(v, path + (i,))


def save(name, value, legacy=True, **kwargs):
    torch.save(value, os.path.join(here, name + ".pt"), **kwargs)
    if legacy:
        torch.save(value, os.path.join(here, name + "-legacy.pt"), _use_new_zipfile_serialization=False, **kwargs)
    safetensors.torch.save_file(dict(flat(value)), os.path.join(here, name + ".safetensors"))


types = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]
save("types", {str(t).removeprefix("torch."): (torch.randn(2, 3) * 10).to(t) for t in types} | {"bool": torch.rand(5) > 0.5})

base = torch.arange(24.0).reshape(4, 6)
save("views", {
    "base": base, "same": base, "transposed": base.T, "row": base[2], "column": base[:, 3], "window": base[1:3, 2:5],
    "steps": base[::2, ::3], "expanded": base[:, :1].expand(4, 5), "scalar": base[3, 5], "empty": base[:0],
})
# Tensors of PyTorch's neg bit: their elements are the negated ones of the storage.
save("negated", {"imaginary": torch.tensor([1 + 2j, 3 - 4j]).conj().imag, "negated": torch._neg_view(base[0]), "plain": base[0]})

net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.LayerNorm(3), nn.Linear(3, 2))
save("statedict", net.state_dict())

optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
net(torch.randn(5, 4)).sum().backward()
optimizer.step()
save("checkpoint", {"epoch": 7, "loss": 0.25, "name": "größer", "best": None, "done": False, "big": 1 << 80, "negative": -3,
                    "model_state": net.state_dict(), "optimizer_state": optimizer.state_dict(), "history": [1.5, 2.5]})
save("parallel", collections.OrderedDict(("module." + k, v) for k, v in net.state_dict().items()))
whole = nn.Sequential(nn.BatchNorm1d(3), net)
whole.register_buffer("kept", torch.ones(2))
whole.register_buffer("temporary", torch.ones(2), persistent=False)
save("module", whole)
save("parameter", [nn.Parameter(torch.randn(3)), torch.nn.Parameter(torch.randn(2), requires_grad=False)])
save("protocol4", net.state_dict(), pickle_protocol=4)
torch.save({"kept": torch.ones(2), "complex": torch.ones(2, dtype=torch.complex64), "uint16": torch.ones(2, dtype=torch.uint16),
            "sparse": torch.eye(3).to_sparse(), "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
           os.path.join(here, "unsupported.pt"))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 3)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(3, 2))

    def forward(self, x):
        return self.rest(self.first(x))


scripted = Net()
torch.jit.script(scripted).save(os.path.join(here, "script.pt"))
safetensors.torch.save_file(dict(scripted.state_dict()), os.path.join(here, "script.safetensors"))
