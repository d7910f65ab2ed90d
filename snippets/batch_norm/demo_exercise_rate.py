import copy

import torch
from torch import nn

torch.manual_seed(0)
x, target = torch.randn(64, 8), torch.randn(64, 4)
small = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4))
large = copy.deepcopy(small)
with torch.no_grad():
    large[0].weight.mul_(5)

for model, rate in ((small, 0.1), (large, 25 * 0.1)):
    parameters = [{"params": model[0].parameters(), "lr": rate}]
    parameters += [{"params": model[1].parameters(), "lr": 0.1}]
    optimizer = torch.optim.SGD(parameters)
    for _ in range(20):
        loss = ((model(x) - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"rate {rate:.1f}: loss {loss:.3f} after 20 steps")
