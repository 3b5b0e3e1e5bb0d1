"""PyTorch's side of `lamina bench --against`: a request in JSON on a line of the input, an answer on a line of the output.

{"do": "open", ...} prepares a benchmark and answers with its results; {"do": "time", "seconds": s} runs it for about s seconds and answers
with the seconds of one run.
"""
import gc
import json
import os
import sys
import time

# Redirect the output of libraries to standard error, so that it does not mix with the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(**what):
    print(json.dumps(what, allow_nan=False), file=answers, flush=True)


try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as e:
    answer(error=str(e), missing="torch")
    sys.exit(1)


def prepare(r, form):
    """Returns run(n, y), which runs the benchmark n times and returns the last result, and check()."""
    torch.manual_seed(r["seed"])
    space = {"torch": torch, "F": F, "nn": nn, "d": tuple(r["size"])}
    lines = [form] + [f"{name} = {made}" for name, made in zip("abc", r["inputs"])]
    exec("\n".join(lines) + "\n" + r["setup"], space)
    leaves = [space["abc"[i]].requires_grad_() for i in r["leaves"]]
    if leaves:
        y = eval(r["run"], space | {"y": None})
        space |= {"leaves": leaves, "dy": torch.empty_like(y).copy_(torch.randn(y.shape)) if y.dim() else None, "grad": torch.autograd.grad}
        del y
    names = [n for n in space if not n.startswith("__")]
    # Local variables of an enclosing function are faster than globals.
    exec(
        f"def make({', '.join(names)}):\n"
        "    def run(n, y=None):\n"
        "        for _ in range(n):\n"
        f"            y = {r['run']}\n"
        + ("            g = grad(y, leaves, dy)\n        return y, *g\n" if leaves else "        return y\n")
        + "    return run\n",
        space,
    )
    run = space["make"](*(space[n] for n in names))
    return run, space.get("check") or (lambda: run(1))


def digest(results):
    if torch.is_tensor(results):
        results = [results]
    out = []
    for t in results:
        x = t.detach().to(torch.float64).flatten()
        k = min(len(x), 16)
        at = x[torch.arange(k) * (len(x) - 1) // max(k - 1, 1)]
        out.append({"shape": list(t.shape), "sum": x.sum().item(), "size": x.abs().sum().item(), "at": at.tolist()})
    return out


class Job:
    def __init__(self, r):
        torch.set_num_threads(r["threads"])
        self.inference = r["inference"]
        self.y, self.n, self.result = None, 0, None
        jobs, errors = [], []
        forms = r["forms"] or [""]
        for form in forms:
            try:
                with torch.inference_mode(self.inference):
                    self.run, check = prepare(r, form)
                    self.result = self.result or digest(check())
                    self.n, self.y = 0, None
                    took = min(self.time(0.005) for _ in range(3)) if len(forms) > 1 else 0
                jobs.append((took, self.run))
            except Exception as e:
                errors.append(e)
        if not jobs:
            raise errors[0]
        _, self.run = min(jobs, key=lambda j: j[0])
        self.n, self.y = 0, None

    def time(self, each):
        with torch.inference_mode(self.inference):
            while self.n == 0:
                self.n = self.runs(each)
            self.many(self.n)  # untimed, as Lamina's timings
            start = time.perf_counter()
            self.many(self.n)
            return (time.perf_counter() - start) / self.n

    def many(self, n):
        y = self.run(n, self.y)
        if torch.is_tensor(y) and not y.requires_grad:
            self.y = y

    def runs(self, each):
        n = 1
        while True:
            start = time.perf_counter()
            self.many(n)
            took = time.perf_counter() - start
            if took > each / 2 or n > 1 << 30:
                return n
            n = int(n * each / took) + 1 if took > each / 1000 else n * 100


def main():
    gc.disable()
    answer(torch=torch.__version__, python=sys.version.split()[0])
    job = None
    for line in sys.stdin:
        r = json.loads(line)
        try:
            if r["do"] == "open":
                job = None
                gc.collect()
                job = Job(r)
                answer(result=job.result)
            else:
                answer(seconds=job.time(r["seconds"]))
        except Exception as e:
            answer(error=f"{type(e).__name__}: {e}")


main()
