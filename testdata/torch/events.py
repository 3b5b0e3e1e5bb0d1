"""Writes the golden files of package tbevents: events/{all,hparams}.tfevents, what SummaryWriter writes.

The histogram's values are (i*i % 17 - 8) / 4 for i = 0 … 99.

Run: python testdata/torch/events.py (needs tensorboard)
"""

import pathlib
import tempfile
import time

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

time.time = lambda: 1_700_000_000.25  # the same bytes in each run

out = pathlib.Path(__file__).parent / "events"
out.mkdir(exist_ok=True)

with tempfile.TemporaryDirectory() as folder:
    w = SummaryWriter(folder, purge_step=2)
    w.add_scalar("loss/train", 0.625, 3)
    w.add_scalar("loss/train", -2.5e-20, 4, new_style=True)
    w.add_scalar("double", 0.1, 4, double_precision=True, new_style=True)
    w.add_histogram("weights", np.array([(i * i % 17 - 8) / 4 for i in range(100)]), 5)
    w.add_image("picture", torch.arange(12).reshape(1, 3, 4) / 12, 6)
    w.add_text("notes", "a **text**", 7)
    w.add_graph(torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU()), torch.zeros(1, 8))
    w.add_hparams({"lr": 0.1, "optimizer": "adam", "layers": 3}, {"accuracy": 0.5}, run_name="hparams")
    w.close()
    for name, found in ("all", pathlib.Path(folder)), ("hparams", pathlib.Path(folder) / "hparams"):
        (file,) = found.glob("events*")
        (out / f"{name}.tfevents").write_bytes(file.read_bytes())
