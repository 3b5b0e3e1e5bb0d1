"""Writes optim/states.json: state_dict() of every optimizer of PyTorch after five of the ten steps of optim.py, in float64, flattened.

    python testdata/torch/optim_state.py

flatten joins the keys with dots: state["state"][3]["exp_avg"] is "state.3.exp_avg". Numbers and switches are numbers, tensors have their
shape and their elements, None and strings are left out. To continue in Lamina, a program also needs "rule.NAME" and the number of steps of SGD
and Muon, which PyTorch does not keep.
"""

import json
import os

import torch

import keep
import optim

STOP = 5


def flatten(x, prefix=""):
    if isinstance(x, dict):
        return {k: v for key, e in x.items() for k, v in flatten(e, f"{prefix}{key}.").items()}
    if prefix.endswith(".params."):
        return {prefix[:-1]: {"dtype": "int64", "shape": [len(x)], "data": x}}
    if isinstance(x, (list, tuple)):
        return {k: v for i, e in enumerate(x) for k, v in flatten(e, f"{prefix}{i}.").items()}
    if isinstance(x, torch.Tensor):
        return {prefix[:-1]: {"dtype": str(x.dtype)[6:], "shape": list(x.shape), "data": x.flatten().tolist()}}
    if x is None or isinstance(x, str):
        return {}
    return {prefix[:-1]: {"dtype": "float64", "shape": [], "data": [float(x)]}}


def main():
    states = []
    for i, mode in enumerate(optim.MODES):
        name, settings, second = (*mode, None)[:3]
        of = optim.shapes(name)
        params = [torch.nn.Parameter(optim.parameter(i, of, torch.float64)) for i in range(len(of))]
        opt = getattr(torch.optim, name)(optim.groups(params, second), **settings)
        for step in range(STOP):
            for j, p in enumerate(params):
                p.grad = optim.gradient(step, j, of, torch.float64)
            opt.step()
        if second or i + 1 == len(optim.MODES) or optim.MODES[i + 1][0] != name:  # the last mode of each, and all with two groups
            states.append({"trace": i, "state": flatten(opt.state_dict())})
    path = os.path.join(optim.HERE, "states.json")
    states = keep.values(path, {"torch": torch.__version__, "states": states})["states"]
    with open(path, "w") as f:
        f.write('{"torch": %s, "states": [\n' % json.dumps(torch.__version__))
        f.write(",\n".join(json.dumps(s) for s in states))
        f.write("\n]}\n")


if __name__ == "__main__":
    main()
