import torch
from torch import nn

torch.manual_seed(0)
x, target = torch.randn(64, 8), torch.randn(64, 4)
parts = list(zip(x.split(16), target.split(16), strict=True))


def gradient(model, batches):
    model.zero_grad()
    for inputs, targets in batches:
        (nn.functional.mse_loss(model(inputs), targets) / len(batches)).backward()
    return torch.cat([one.grad.flatten() for one in model.parameters()])


for norm in (nn.Identity(), nn.LayerNorm(16), nn.BatchNorm1d(16)):
    model = nn.Sequential(nn.Linear(8, 16), norm, nn.ReLU(), nn.Linear(16, 4))
    whole, sum_of_parts = gradient(model, [(x, target)]), gradient(model, parts)
    difference = (whole - sum_of_parts).norm() / whole.norm()
    print(f"{type(norm).__name__:12} 4 × 16 against 64: {difference:.0%}")
