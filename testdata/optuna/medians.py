"""Writes medians.json: the median over seeds of the best value that Optuna's samplers find on test functions.

The functions are those of tune/tpe_test.go. Run: OMP_NUM_THREADS=1 python testdata/optuna/medians.py (some minutes)
"""

import json
import math
import pathlib
import statistics

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
TRIALS, SEEDS = 60, 31

ALPHA = [1.0, 1.2, 3.0, 3.2]
A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def branin(t):
    x, y = t.suggest_float("x", -5, 10), t.suggest_float("y", 0, 15)
    return (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann(t):
    x = [t.suggest_float(f"x{i}", 0, 1) for i in range(6)]
    return -sum(a * math.exp(-sum(r * (v - p) ** 2 for r, v, p in zip(ar, x, pr))) for a, ar, pr in zip(ALPHA, A, P))


def training(t):
    """A loss like that of a training: best at a rate of 3e-3 with 3 layers of 128, and Adam."""
    lr, width = t.suggest_float("lr", 1e-5, 1, log=True), t.suggest_int("width", 8, 512, log=True)
    layers, optimizer = t.suggest_int("layers", 1, 8), t.suggest_categorical("optimizer", ["sgd", "adam", "lion", "rmsprop"])
    dropout = t.suggest_float("dropout", 0, 0.9)
    return (
        math.log10(lr / 3e-3) ** 2 + 0.3 * math.log2(width / 128) ** 2 + 0.1 * (layers - 3) ** 2
        + {"adam": 0, "rmsprop": 0.3, "lion": 0.6, "sgd": 1}[optimizer] + 2 * (dropout - 0.2) ** 2
    )


result = {"optuna": optuna.__version__, "trials": TRIALS, "seeds": SEEDS, "medians": {}}
for f in (branin, hartmann, training):
    for name, sampler in ("tpe", optuna.samplers.TPESampler), ("random", optuna.samplers.RandomSampler):
        best = []
        for seed in range(SEEDS):
            study = optuna.create_study(sampler=sampler(seed=seed))
            study.optimize(f, n_trials=TRIALS)
            best.append(study.best_value)
        result["medians"].setdefault(f.__name__, {})[name] = statistics.median(best)
path = pathlib.Path(__file__).parent / "medians.json"
path.write_text(json.dumps(result, indent=1) + "\n")
print(path.read_text())
