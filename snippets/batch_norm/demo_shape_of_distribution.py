import torch
from torch import nn


def skewness(x):
    z = (x - x.mean()) / x.std(correction=0)
    return (z**3).mean().item()  # 0 for a Gaussian, 2 for an exponential


torch.manual_seed(0)
x = torch.empty(10_000, 1).exponential_()
y = nn.BatchNorm1d(1)(x)

print(f"mean      {x.mean():6.3f} -> {y.mean().abs():6.3f}")
print(f"variance  {x.var():6.3f} -> {y.var():6.3f}")
print(f"skewness  {skewness(x):6.3f} -> {skewness(y):6.3f}")
