"""Exports public tables that packages ship, cuts each into 5 folds, and measures scikit-learn's estimators on them.

    python bench/tabular/tables.py export DIR     # DIR/NAME/{0,1,2,3,4}-{train,test}.csv and DIR/tables.json
    python bench/tabular/tables.py sklearn DIR    # DIR/sklearn.json: the scores of each fold

It needs scikit-learn, pandas, bokeh-sampledata, islp and plotnine.

Lamina's defaults were chosen on the five tables of CHOOSE only; the ten of TEST measure the defaults. Both lists were
written before anything was trained. Each has small and large tables, classes and numbers to predict. Columns that
contain the target (casual + registered = bikers, logwage) and names are left out, rows without a target too.
"""

import importlib.util
import json
import pathlib
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
    for group, list in (("choose", CHOOSE), ("test", TEST)):
        for name, (load, target, kind) in list.items():
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


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("export", "sklearn"):
        sys.exit(__doc__)
    warnings.filterwarnings("ignore")  # MLP's about its 200 epochs
    {"export": export, "sklearn": sklearn}[sys.argv[1]](pathlib.Path(sys.argv[2]))
