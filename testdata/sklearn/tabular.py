"""Expected values for package tabular: scikit-learn's scalers. Run with scikit-learn; writes tabular.json.gz beside it."""

import gzip
import json
import pathlib

import numpy as np
from sklearn.preprocessing import QuantileTransformer, StandardScaler

rng = np.random.default_rng(5)
columns = {
    "normal": rng.normal(3, 10, 700),
    "skewed": np.exp(rng.normal(0, 2, 700)),
    "ties": rng.integers(0, 7, 700).astype(float),
    "mostly zero": np.where(rng.random(700) < 0.8, 0.0, rng.normal(0, 1, 700)),
    "large": 1.7e9 + rng.normal(0, 1000, 700),
}
new = rng.normal(0, 1, 60)
cases = []
for name, x in columns.items():
    x = np.round(x, 6)
    # Inside and outside of the training values, and some of them.
    y = np.round(np.concatenate([x.mean() + 3 * x.std() * new, x[:40], [x.min(), x.max(), np.median(x)]]), 6)
    case = {"name": name, "train": x.tolist(), "test": y.tolist()}
    for key, scaler in {
        "standard": StandardScaler(),
        "quantile-uniform": QuantileTransformer(n_quantiles=1000, subsample=None),
        "quantile-normal": QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None),
        "quantile-uniform 10": QuantileTransformer(n_quantiles=10, subsample=None),
    }.items():
        case[key] = scaler.fit(x[:, None]).transform(y[:, None])[:, 0].tolist()
    cases.append(case)
out = pathlib.Path(__file__).with_name("tabular.json.gz")
with open(out, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
    z.write(json.dumps(cases).encode())
