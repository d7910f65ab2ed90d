import torch
from torch import nn

torch.manual_seed(0)
for batch in (2, 3, 64):
    x = torch.randn(batch, 100, requires_grad=True)
    nn.BatchNorm1d(100)(x).mul(torch.randn(batch, 100)).sum().backward()
    print(f"batch of {batch:2}: {x.grad.abs().median().item():.3f}")
