from itertools import product

import torch

torch.manual_seed(0)
x = torch.tensor([1.0, -2.0, 0.5])
weight, bias = torch.randn(4, 3), torch.randn(4)
p = 0.3

logs, shares = [], []
for kept in product((0.0, 1.0), repeat=3):  # all 8 masks
    mask = torch.tensor(kept)
    logs.append((weight @ (x * mask / (1 - p)) + bias).log_softmax(0))
    count = mask.sum()
    shares.append((1 - p) ** count * p ** (3 - count))  # how likely this mask is
logs, shares = torch.stack(logs), torch.stack(shares).unsqueeze(1)

geometric = (shares * logs).sum(0).softmax(0)
arithmetic = (shares * logs.exp()).sum(0)
scaled = (weight @ x + bias).softmax(0)  # one pass in eval

print("geometric mean :", [f"{v:.4f}" for v in geometric])
print("one pass, eval :", [f"{v:.4f}" for v in scaled])
print("arithmetic mean:", [f"{v:.4f}" for v in arithmetic])
