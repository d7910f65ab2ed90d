import torch
from torch import nn

norm = nn.BatchNorm1d(1)
for pair in ([0.0, 1.0], [3.0, 3.1], [-500.0, 900.0]):
    y = norm(torch.tensor(pair).unsqueeze(1))
    print(pair, "->", [round(value, 2) for value in y.flatten().tolist()])
