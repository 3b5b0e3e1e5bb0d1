"""The same training as main.go with pandas and PyTorch: python pandas_train.py FILE.csv"""

import resource
import sys
import time

import pandas
import torch

start = last = time.perf_counter()


def lap(what):
    global last
    now = time.perf_counter()
    print(f"{what:10} {now - last:7.2f} s")
    last = now


table = pandas.read_csv(sys.argv[1])
lap("read")
generator = torch.Generator().manual_seed(1)
torch.manual_seed(1)
test = torch.rand(len(table), generator=generator) < 0.01
x = torch.from_numpy(table.drop(columns="y").to_numpy("float32"))
y = torch.from_numpy(table[["y"]].to_numpy("float32"))
del table
x_test, y_test, x, y = x[test], y[test], x[~test], y[~test]
mean, std = x.mean(0), x.std(0, correction=0)
x, x_test = (x - mean) / std, (x_test - mean) / std
y_mean, y_std = y.mean(), y.std(correction=0)
y, y_test = (y - y_mean) / y_std, (y_test - y_mean) / y_std
lap("prepare")
model = torch.nn.Sequential(torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters())
total, n = 0.0, 0
order = torch.randperm(len(x), generator=generator)
for rows in order.split(4096):
    loss = torch.nn.functional.mse_loss(model(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    total += loss.item()
    n += 1
lap("train")
torch.save(model.state_dict(), "/tmp/largetable.pt")
with torch.no_grad():
    test_loss = torch.nn.functional.mse_loss(model(x_test), y_test).item()
print(f"total      {time.perf_counter() - start:7.2f} s\nloss {total / n:.4f}, test loss {test_loss:.4f}")
print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, threads {torch.get_num_threads()}")
