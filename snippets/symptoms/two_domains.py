import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(1)
for _ in range(200):  # source and target in turn
    model(torch.randn(256, 1))
    model(torch.randn(256, 1) + 20)
both = torch.cat([torch.randn(4096, 1), torch.randn(4096, 1) + 20])
mean, var = model.running_mean.item(), model.running_var.item()
print(f"stored: mean {mean:.0f}, variance {var:.0f}")
print(f"of all data: mean {both.mean():.0f}, variance {both.var():.0f}")
model.eval()
for name, x in (("source", torch.randn(999, 1)), ("target", torch.randn(999, 1) + 20)):
    print(f"mean of the output in eval(), {name}: {model(x).mean():.0f}")
assert model.running_var < 2
assert both.var() > 90
