"""Writes metrics.json.gz: scikit-learn's metrics of random predictions.

Run it with the scikit-learn of VERSION: python testdata/sklearn/metrics.py. The problems are chosen for their edges: ties, classes
without targets, classes never predicted, a single class, one sample. NaN is written as null.
"""

import gzip
import json
import math
import os
import re
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "torch"))
import keep  # noqa: E402

random = np.random.default_rng(2026)
warnings.simplefilter("ignore")  # the tests include undefined metrics


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [plain(v) for v in x]
    if isinstance(x, (float, np.floating)):
        return None if math.isnan(x) else float(x)
    if isinstance(x, np.integer):
        return int(x)
    return x


def report(target, pred, **asked):
    """If no prediction is right, scikit-learn accidentally counts in floats and writes a support of 3 as 3.0; here it is 3."""
    return re.sub(r"(\d+)\.0$", r"  \1", m.classification_report(target, pred, **asked), flags=re.MULTILINE)


NAMES = ["cat", "dog", "ibex", "hippopotamus", "Ålesund", "鲸鱼", "x", "a name of some length", "owl", "bee", "ant", "cow"]


def classification(n, classes, right, among, zero_division, digits, subset=None, names=None):
    """among are the classes from which targets and wrong predictions are drawn."""
    target = random.choice(among[0], n)
    pred = np.where(random.random(n) < right, target, random.choice(among[1], n))
    labels = list(range(classes)) if subset is None else subset
    asked = {"labels": labels, "zero_division": zero_division}
    case = {
        "target": target, "pred": pred, "classes": classes, "subset": subset, "digits": digits, "zero_division": zero_division,
        "names": names,
        "matrix": m.confusion_matrix(target, pred, labels=range(classes)),
        "accuracy": m.accuracy_score(target, pred),
        "report": report(target, pred, digits=digits, target_names=[names[c] for c in labels] if names else None, **asked),
    }
    if subset is None:
        case["report_present"] = report(target, pred, digits=digits, zero_division=zero_division)
    case["each"] = np.array(m.precision_recall_fscore_support(target, pred, average=None, **asked)).T
    for average in ["macro", "micro", "weighted"]:
        case[average] = m.precision_recall_fscore_support(target, pred, average=average, **asked)[:3]
    return case


def classifications():
    out = []
    for i in range(140):
        classes = int(random.choice([2, 3, 4, 5, 8, 10, 12]))
        n = int(random.choice([1, 2, 7, 20, 60]))
        everything = np.arange(classes)
        some = random.choice(everything, max(1, classes // 2), replace=False)
        among = [(everything, everything), (some, everything), (everything, some), (some, some), (some[:1], some[:1])][i % 5]
        subset = None
        if i % 4 == 3:
            subset = plain(random.permutation(everything)[: random.integers(1, classes + 1)])
        names = NAMES[:classes] if i % 3 == 0 else None
        zero_division = [0.0, 0.0, 1.0, math.nan][random.integers(4)]
        digits = int(random.choice([0, 1, 2, 2, 3, 4, 6, 15]))
        out.append(classification(n, classes, random.choice([0.0, 0.5, 0.9, 1.0]), among, zero_division, digits, subset, names))
    everything = np.arange(150)  # more than NumPy sums in one block
    out.append(classification(400, 150, 0.7, (everything, everything), 0.0, 17))
    out.append(classification(400, 150, 0.7, (everything, everything), math.nan, 17))
    return out


def top_k():
    """Of equal scores scikit-learn ranks the last class first, and Lamina the first. So the order of the classes is reversed."""
    out = []
    for i in range(30):
        n, classes = int(random.integers(1, 12)), int(random.integers(3, 8))
        scores = random.integers(-4, 5, (n, classes)) / 4 if i % 2 else random.standard_normal((n, classes)).round(3)
        target, k = random.integers(0, classes, n), int(random.integers(1, classes + 1))
        want = m.top_k_accuracy_score(classes - 1 - target, scores[:, ::-1], k=k, labels=range(classes))
        out.append({"scores": scores.ravel(), "target": target, "k": k, "value": want})
    return out


def binary():
    out = []
    for i in range(80):
        n = int(random.choice([1, 2, 5, 20, 60]))
        target = (random.random(n) < random.choice([0.1, 0.5, 0.8, 0.0, 1.0], p=[0.3, 0.3, 0.3, 0.05, 0.05])).astype(int)
        scores = target * random.choice([0, 1]) + random.standard_normal(n)
        if i % 2:
            scores = (2 * scores).round() / 2
        scores = scores.astype(np.float32).astype(float)
        out.append({"scores": scores, "target": target,
                    "roc_auc": m.roc_auc_score(target, scores), "average_precision": m.average_precision_score(target, scores)})
    return out


def multiclass():
    out = []
    for i in range(50):
        classes, n = int(random.integers(3, 7)), int(random.choice([3, 12, 40]))
        among = np.arange(classes) if i % 5 else random.choice(classes, max(2, classes - 1), replace=False)
        target = random.choice(among, n)
        target[:2] = among[:2]  # scikit-learn cannot average over no pairs
        scores = random.dirichlet(np.ones(classes) * 0.7, n) + (random.random() < 0.7) * np.eye(classes)[target] * 0.5
        scores /= scores.sum(axis=1, keepdims=True)
        if i % 2:  # sixteenths, with many ties
            scores = (scores * 16).round() / 16
            scores[:, 0] += 1 - scores.sum(axis=1)
        else:
            scores = scores.round(6)
        case = {"scores": scores.ravel(), "target": target, "classes": classes, "ovr": {}, "ovo": {}, "average_precision": {}}
        hot = np.eye(classes, dtype=int)[target]  # average_precision_score has no argument for the classes
        for average in ["macro", "weighted", "micro"]:
            asked = {"labels": range(classes), "average": average}
            case["ovr"][average] = m.roc_auc_score(target, scores, multi_class="ovr", **asked)
            case["average_precision"][average] = m.average_precision_score(hot, scores, average=average)
            if average != "micro":
                case["ovo"][average] = m.roc_auc_score(target, scores, multi_class="ovo", **asked)
        out.append(case)
    return out


def errors(target, pred):
    return {"mse": m.mean_squared_error(target, pred), "rmse": m.root_mean_squared_error(target, pred),
            "mae": m.mean_absolute_error(target, pred), "r2": m.r2_score(target, pred)}


def regression():
    out = []
    for i in range(40):
        n, outputs = int(random.choice([1, 2, 3, 20, 50])), int(random.choice([1, 1, 2, 4]))
        target = random.standard_normal((n, outputs)).round(3) * 10.0 ** random.integers(-3, 4) + random.choice([0, 0, 100])
        pred = target + (random.standard_normal((n, outputs)) * random.choice([0.1, 1, 30])).round(3)
        if i % 7 == 3:
            target[:, 0] = 2.5
        if i % 7 == 5:
            pred[:, 0] = target[:, 0]
        out.append({"outputs": outputs, "target": target.ravel(), "pred": pred.ravel(), **errors(target, pred)})
    return out


def far():
    """Targets far from zero: a plain sum of squares would lose their variance. The test computes the same numbers."""
    out = []
    for mean in [1e3, 1e6, 1e9, -1e12]:
        i = np.arange(20000)
        target = mean + (i * 7919 % 1000) / 1024
        pred = target + ((i * 10007 % 512) - 256) / 1024
        out.append({"mean": mean, **errors(target, pred)})
    return out


golden = {"classification": classifications(), "top_k": top_k(), "binary": binary(), "multiclass": multiclass(),
          "regression": regression(), "far": far()}
path = os.path.join(HERE, "metrics.json.gz")
data = json.dumps(keep.values(path, plain(golden)), separators=(",", ":"), allow_nan=False)
with open(path, "wb") as f:
    f.write(gzip.compress(data.encode(), 9, mtime=0))
with open(os.path.join(HERE, "VERSION"), "w") as f:
    f.write(f"{sklearn.__version__}\n{np.__version__}\n")
