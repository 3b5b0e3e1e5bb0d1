"""Compares Lamina's defaults for tables with scikit-learn's MLP and histogram gradient boosting, on public tables.

    python bench/tabular/tables.py export DIR                  # DIR/NAME/{0,1,2,3,4}-{train,test}.csv and DIR/tables.json
    python bench/tabular/tables.py sklearn DIR                 # DIR/sklearn.json: the scores of each fold
    python bench/tabular/tables.py lamina DIR BINARY [NAME…]   # DIR/lamina.json: the same with lamina train and lamina predict
    python bench/tabular/tables.py report DIR                  # a table of all results

It needs scikit-learn, pandas, bokeh-sampledata, islp and plotnine.

Lamina's defaults were chosen on the five tables of CHOOSE only; the ten of TEST measure the defaults. Both lists were
written before anything was trained. Each has small and large tables, classes and numbers to predict. Columns that
contain the target (casual + registered = bikers, logwage) and names are left out, rows without a target too.

Scores are accuracies, or R² for numbers. A mean over the folds has the standard error s/√5. lamina trains with its defaults, but all
rows that it is given train or choose the epoch (data.test=0), as with scikit-learn; the fold's other rows are the test.
"""

import importlib.util
import io
import json
import pathlib
import shutil
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn import datasets, metrics
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDS = 5


def packaged(package, path):
    root = pathlib.Path(importlib.util.find_spec(package).origin).parent
    return pd.read_csv(root / path)


def bokeh(file):
    return packaged("bokeh_sampledata", "_data/" + file)


def islp(file):
    return packaged("ISLP", "data/" + file)


# name: (table, target, kind)
CHOOSE = {
    "diamonds": (lambda: packaged("plotnine", "data/diamonds.csv").sample(8000, random_state=0), "price", "regression"),
    "boston": (lambda: islp("Boston.csv"), "medv", "regression"),
    "glass": (lambda: bokeh("forensic_glass.csv"), "type", "classes"),
    "oj": (lambda: islp("OJ.csv"), "Purchase", "classes"),
    "caravan": (lambda: islp("Caravan.csv"), "Purchase", "classes"),
}
TEST = {
    "digits": (lambda: datasets.load_digits(as_frame=True).frame, "target", "classes"),
    "breast-cancer": (lambda: datasets.load_breast_cancer(as_frame=True).frame, "target", "classes"),
    "titanic": (lambda: bokeh("titanic_all.csv").drop(columns="name"), "survived", "classes"),
    "penguins": (lambda: bokeh("penguins.csv"), "species", "classes"),
    "default": (lambda: islp("Default.csv"), "default", "classes"),
    "diabetes": (lambda: datasets.load_diabetes(as_frame=True).frame, "target", "regression"),
    "auto-mpg": (lambda: bokeh("auto-mpg.csv").drop(columns="name"), "mpg", "regression"),
    "wage": (lambda: islp("Wage.csv").drop(columns="logwage"), "wage", "regression"),
    "bikeshare": (lambda: islp("Bikeshare.csv").drop(columns=["casual", "registered"]), "bikers", "regression"),
    "hitters": (lambda: islp("Hitters.csv"), "Salary", "regression"),
}


def export(folder):
    tables = {}
    for group, chosen in (("choose", CHOOSE), ("test", TEST)):
        for name, (load, target, kind) in chosen.items():
            table = load().dropna(subset=[target]).reset_index(drop=True)
            classes = kind == "classes"
            folds = (StratifiedKFold if classes else KFold)(FOLDS, shuffle=True, random_state=0)
            (folder / name).mkdir(parents=True, exist_ok=True)
            for i, (train, test) in enumerate(folds.split(table, table[target] if classes else None)):
                table.iloc[train].to_csv(folder / name / f"{i}-train.csv", index=False)
                table.iloc[test].to_csv(folder / name / f"{i}-test.csv", index=False)
            tables[name] = {"group": group, "target": target, "kind": kind, "rows": len(table), "columns": table.shape[1]}
    (folder / "tables.json").write_text(json.dumps(tables, indent=1))


def estimators(x, kind):
    """The estimators with their defaults, and the preparation that scikit-learn's own examples give them."""
    text = [c for c in x.columns if not pd.api.types.is_numeric_dtype(x[c])]
    numbers = [c for c in x.columns if c not in text]
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), text),
    )
    mlp, boosting = (MLPClassifier, HistGradientBoostingClassifier) if kind == "classes" else (MLPRegressor, HistGradientBoostingRegressor)
    return {"mlp": make_pipeline(prepare, mlp(random_state=0)), "boosting": boosting(random_state=0)}


def score(estimator, x, y, kind):
    if kind == "regression":
        p = estimator.predict(x)
        return {"score": metrics.r2_score(y, p), "rmse": metrics.root_mean_squared_error(y, p)}
    return {
        "score": metrics.accuracy_score(y, estimator.predict(x)),
        "log_loss": metrics.log_loss(y, estimator.predict_proba(x), labels=estimator.classes_),
    }


def sklearn(folder):
    results = {}
    for name, table in json.loads((folder / "tables.json").read_text()).items():
        folds = {"mlp": [], "boosting": []}
        for i in range(FOLDS):
            train, test = (pd.read_csv(folder / name / f"{i}-{part}.csv") for part in ("train", "test"))
            (x, y), (tx, ty) = ((t.drop(columns=table["target"]), t[table["target"]]) for t in (train, test))
            for c in x.columns:  # boosting takes the categories of the data frame
                if not pd.api.types.is_numeric_dtype(x[c]):
                    x[c] = x[c].astype("category")
                    tx[c] = tx[c].astype(x[c].dtype)
            for estimator, e in estimators(x, table["kind"]).items():
                began = time.time()
                e.fit(x, y)
                folds[estimator].append(score(e, tx, ty, table["kind"]) | {"seconds": time.time() - began})
        results[name] = folds
        line = "  ".join(f"{k} {np.mean([f['score'] for f in v]):.4f} in {np.mean([f['seconds'] for f in v]):.1f} s" for k, v in folds.items())
        print(f"{name:14} {line}", flush=True)
        (folder / "sklearn.json").write_text(json.dumps(results, indent=1))


def lamina(folder, binary, *names):
    path = folder / "lamina.json"
    for name, table in json.loads((folder / "tables.json").read_text()).items():
        if names and name not in names and table["group"] not in names:
            continue
        scores = []
        for i in range(FOLDS):
            run, began = folder / "runs" / f"{name}-{i}", time.time()
            shutil.rmtree(run, ignore_errors=True)
            train, test = folder / name / f"{i}-train.csv", folder / name / f"{i}-test.csv"
            call = [binary, "train", train, "--target", table["target"], "--set", "data.test=0", "--threads", "1", "--out", run]
            subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
            seconds = time.time() - began
            predicted = subprocess.run([binary, "predict", run, test, "--columns", "none"], check=True, capture_output=True, text=True).stdout
            p, y = pd.read_csv(io.StringIO(predicted)), pd.read_csv(test)[table["target"]]
            scores.append(score_predictions(p, y, table) | {"seconds": seconds})
        print(f"{name:14} {np.mean([f['score'] for f in scores]):.4f} in {np.mean([f['seconds'] for f in scores]):.1f} s", flush=True)
        results = (json.loads(path.read_text()) if path.exists() else {}) | {name: scores}
        path.write_text(json.dumps(results, indent=1))


def score_predictions(p, y, table):
    """The scores of the output of lamina predict: a column predicted_TARGET, and a column probability_CLASS for each class."""
    predicted = p["predicted_" + table["target"]]
    if table["kind"] == "regression":
        return {"score": metrics.r2_score(y, predicted), "rmse": metrics.root_mean_squared_error(y, predicted)}
    classes = [c.removeprefix("probability_") for c in p.columns[1:]]
    q = p.iloc[:, 1:].to_numpy().clip(1e-15)
    y = y.astype(str)
    order = np.argsort(classes)
    return {
        "score": metrics.accuracy_score(y, predicted.astype(str)),
        "log_loss": metrics.log_loss(y, (q / q.sum(1, keepdims=True))[:, order], labels=[classes[i] for i in order]),
    }


def report(folder):
    ours, theirs = (json.loads((folder / f).read_text()) for f in ("lamina.json", "sklearn.json"))
    print("| table | rows | lamina | MLP | boosting | within a standard error of MLP | within 1% of boosting | log loss or RMSE: lamina, MLP, boosting | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, table in json.loads((folder / "tables.json").read_text()).items():
        if name not in ours:
            continue
        sides = [ours[name], theirs[name]["mlp"], theirs[name]["boosting"]]
        scores = [np.array([f["score"] for f in folds]) for folds in sides]
        means, errors = [s.mean() for s in scores], [s.std(ddof=1) / len(s) ** 0.5 for s in scores]
        cells = [f"{m:.4f} ± {e:.4f}" for m, e in zip(means, errors)]
        other = "rmse" if table["kind"] == "regression" else "log_loss"
        losses = ", ".join(f"{np.mean([f[other] for f in folds]):.4g}" for folds in sides)
        seconds = np.mean([f["seconds"] for f in ours[name]])
        near = ["yes" if ok else "NO" for ok in (means[0] >= means[1] - errors[1], means[0] >= means[2] - 0.01)]
        print(f"| {name} ({table['group']}) | {table['rows']} | {' | '.join(cells + near)} | {losses} | {seconds:.0f} |")


if __name__ == "__main__":
    commands = {"export": export, "sklearn": sklearn, "lamina": lamina, "report": report}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    warnings.filterwarnings("ignore")  # MLP's about its 200 epochs
    commands[sys.argv[1]](pathlib.Path(sys.argv[2]), *sys.argv[3:])
