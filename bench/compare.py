"""Runs Lamina and PyTorch in turn, A B A B, on the same works, and prints the ratios.

    go build -o /tmp/lamina-serve ./bench/serve
    python bench/compare.py /tmp/lamina-serve [--threads 1] [--rounds 5] [--only train]

For each work: PyTorch's time divided by Lamina's, the median over the rounds; above 1 Lamina is faster. Both sides are warm, run for as long, and
are pinned to the same processors. PyTorch has its best form: out= products, fused optimizers where they are faster, no gradients where none
are needed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch
import torch.nn as nn

torch.manual_seed(1)


def network(sizes):
    layers = []
    for i in range(1, len(sizes)):
        if i > 1:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(sizes[i - 1], sizes[i]))
    return nn.Sequential(*layers)


class Trainer:
    """The same network, data and order as bench/step.go, drawn from the same seed."""

    def __init__(self, batch, batches, sizes, fused):
        torch.manual_seed(1)
        n = batch * batches
        x = torch.randn(n, sizes[0])
        y = torch.randint(0, sizes[-1], (n,))
        self.model = network(sizes)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=1e-3, fused=fused)
        self.loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=batch, shuffle=True)
        self.loss = nn.CrossEntropyLoss()

    def step(self, x, y):
        loss = self.loss(self.model(x), y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss


class FastTrainer(Trainer):
    """The batch gathered by one index_select instead of sample by sample: PyTorch's best loader for tensors in memory."""

    def batches(self):
        x, y = self.loader.dataset.tensors
        for idx in torch.randperm(len(x)).split(self.loader.batch_size):
            yield x[idx], y[idx]


def train(batch, batches, sizes):
    def best():
        times = {}
        for fused in (False, True):
            t = FastTrainer(batch, batches, sizes, fused)
            for x, y in t.batches():
                t.step(x, y)
            start = time.perf_counter()
            for x, y in t.batches():
                t.step(x, y)
            times[fused] = time.perf_counter() - start
        return min(times, key=times.get)

    fused = best()
    t = FastTrainer(batch, batches, sizes, fused)

    def run(n):
        done = 0
        while done < n:
            for x, y in t.batches():
                t.step(x, y)
                done += 1
                if done >= n:
                    break

    def result():
        r, loss = Trainer(batch, batches, sizes, False), None
        for _ in range(5):
            for x, y in r.loader:
                loss = r.step(x, y).item()
        return loss

    return run, result


def predict(sizes):
    torch.manual_seed(1)
    model = network(sizes).eval()
    x = torch.randn(1, sizes[0])

    def run(n):
        with torch.inference_mode():
            for _ in range(n):
                model(x).argmax(1).item()

    return run, lambda: float(model(x).argmax(1).item())


def product(m, k, n, form):
    a = torch.randn(k, m).t() if form[0] == "T" else torch.randn(m, k)
    b = torch.randn(n, k).t() if form[1] == "T" else torch.randn(k, n)
    out = torch.empty(m, n)

    def run(runs):
        for _ in range(runs):
            torch.mm(a, b, out=out)

    return run, None


def op(f, n):
    x, out = torch.randn(n), torch.empty(n)

    def run(runs):
        for _ in range(runs):
            f(x, out)

    return run, None


def load():
    x, y = torch.randn(4096, 784), torch.randint(0, 10, (4096,))

    def run(runs):
        done = 0
        while done < runs:
            for idx in torch.randperm(len(x)).split(128):
                x[idx], y[idx]
                done += 1
                if done >= runs:
                    break

    return run, None


def works():
    big, small = 16 << 20, 64 << 10
    table = {"copy 16 Mi": lambda: op(lambda x, y: y.copy_(x), big)}
    for n in (256, 512, 1024, 2048):
        for form in ("NN", "NT", "TN"):
            table[f"matmul {n}×{n}×{n} {form}"] = lambda n=n, form=form: product(n, n, n, form)
    for m, k, n in ((32, 100, 128), (32, 128, 64), (32, 64, 32), (32, 32, 10), (64, 784, 512), (128, 784, 512)):
        for form in ("NN", "NT", "TN"):
            table[f"matmul {m}×{k}×{n} {form}"] = lambda s=(m, k, n), form=form: product(*s, form)
    table |= {
        "exp 64 Ki": lambda: op(lambda x, y: torch.exp(x, out=y), small),
        "tanh 64 Ki": lambda: op(lambda x, y: torch.tanh(x, out=y), small),
        "sigmoid 64 Ki": lambda: op(lambda x, y: torch.sigmoid(x, out=y), small),
        "gelu 64 Ki": lambda: op(lambda x, y: torch.nn.functional.gelu(x), small),
        "add 16 Mi": lambda: op(lambda x, y: y.add_(x), big),
        "mul scalar 16 Mi": lambda: op(lambda x, y: y.mul_(1.0), big),
        "relu 16 Mi": lambda: op(lambda x, y: torch.clamp_min(x, 0, out=y), big),
        "sum 16 Mi": lambda: op(lambda x, y: x.sum(), big),
        "train notes": lambda: train(32, 32, (100, 128, 64, 32, 10)),
        "train mnist": lambda: train(128, 32, (784, 512, 256, 10)),
        "predict notes": lambda: predict((100, 128, 64, 32, 10)),
        "predict mnist": lambda: predict((784, 512, 256, 10)),
        "load batch 128×784": load,
    }
    return table


def measure(run, each=0.06, rounds=3):
    n = 1
    while True:
        start = time.perf_counter()
        run(n)
        took = time.perf_counter() - start
        if took > each / 2:
            break
        n = int(n * each / took) + 1 if took > each / 1000 else n * 100
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run(n)
        times.append((time.perf_counter() - start) / n)
    return statistics.median(times)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("serve", help="the program built from bench/serve")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", default="")
    p.add_argument("--json", help="also write the figures here")
    args = p.parse_args()
    cpus = sorted(os.sched_getaffinity(0))[-args.threads:]
    os.sched_setaffinity(0, cpus)
    torch.set_num_threads(args.threads)
    env = dict(os.environ, GOMAXPROCS=str(max(args.threads, 1)))
    lamina = subprocess.Popen([args.serve, "-threads", str(args.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    rows = []
    print(f"torch {torch.__version__}, {args.threads} thread(s), processors {cpus}")
    print(f"{'work':28} {'Lamina µs':>12} {'PyTorch µs':>12} {'ratio':>7} {'range':>13}   result")
    for name, setup in works().items():
        if args.only not in name:
            continue
        run, result = setup()
        mine, theirs, figure = [], [], None
        for _ in range(args.rounds):
            lamina.stdin.write(name + "\n")
            lamina.stdin.flush()
            figure = json.loads(lamina.stdout.readline())
            mine.append(figure["seconds"])
            theirs.append(measure(run))
        ratios = sorted(t / m for m, t in zip(mine, theirs))
        row = {"name": name, "lamina": statistics.median(mine), "torch": statistics.median(theirs),
               "ratio": statistics.median(ratios), "low": ratios[0], "high": ratios[-1]}
        same = ""
        if result is not None:
            row["results"] = [figure.get("result", 0.0), result()]
            same = "  ".join(f"{v:.7g}" for v in row["results"])
        rows.append(row)
        print(f"{name:28} {row['lamina'] * 1e6:12.2f} {row['torch'] * 1e6:12.2f} {row['ratio']:7.2f} {row['low']:6.2f}–{row['high']:<6.2f}   {same}", flush=True)
    lamina.stdin.close()
    for prefix in ("matmul 256×", "matmul 512×", "matmul 1024×", "matmul 2048×", "matmul"):
        group = [r["ratio"] for r in rows if r["name"].startswith(prefix)]
        if len(group) > 1:
            print(f"{prefix}: geometric mean {statistics.geometric_mean(group):.2f}, worst {min(group):.2f}")
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"torch": torch.__version__, "threads": args.threads, "rows": rows}, f, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
