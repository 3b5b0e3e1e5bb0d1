"""The complete program of the study notes, for testdata/torch/fourlayer/fourlayer.txt, and the same in float64.

Usage: python fourlayer.py            (writes fourlayer/fourlayer.txt and fourlayer/fourlayer64.txt)
"""

import contextlib
import pathlib

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class FourLayerNN(nn.Module):
    def __init__(self, input_dim, hidden1, hidden2, hidden3, classes):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hidden1)
        self.fc2 = nn.Linear(hidden1, hidden2)
        self.fc3 = nn.Linear(hidden2, hidden3)
        self.fc4 = nn.Linear(hidden3, classes)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        x = self.relu(self.fc3(x))
        return self.fc4(x)


def main(dtype):
    np.random.seed(42)
    torch.manual_seed(42)
    x = np.random.randn(1000, 100).astype(np.float32)
    y = np.random.randint(0, 10, size=1000).astype(np.int64)
    print(x.shape)
    print(y.shape)
    dataset = TensorDataset(torch.tensor(x).to(dtype), torch.tensor(y))
    loader = DataLoader(dataset, batch_size=32, shuffle=True)
    model = FourLayerNN(100, 128, 64, 32, 10).to(dtype)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    for epoch in range(20):
        print(f"Epoch {epoch + 1}/20")
        model.train()
        for bx, by in loader:
            loss = loss_fn(model(bx), by)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        total_loss, correct, total = 0, 0, 0
        with torch.no_grad():
            for bx, by in loader:
                pred = model(bx)
                total_loss += loss_fn(pred, by).item()
                correct += (torch.max(pred, 1)[1] == by).sum().item()
                total += by.size(0)
        print(f"loss: {total_loss / len(loader)}, Accuracy: {correct / total}")
    new = torch.tensor(np.random.randn(100, 100).astype(np.float32)).to(dtype)
    with torch.no_grad():
        print(torch.max(model(new), 1)[1].numpy())


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).parent / "fourlayer"
    for name, dtype in [("fourlayer.txt", torch.float32), ("fourlayer64.txt", torch.float64)]:
        with open(here / name, "w") as f, contextlib.redirect_stdout(f):
            main(dtype)
