import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(256, 2) @ torch.tensor([[1.0, 0.9], [0.0, 0.4]]) + 3
x_hat = nn.BatchNorm1d(2, affine=False)(x)

centered = x - x.mean(0)
covariance = centered.T @ centered / len(x)  # (C, C)
values, vectors = torch.linalg.eigh(covariance)
white = centered @ vectors / values.sqrt() @ vectors.T  # ZCA

for name, t in (("input", x), ("batch norm", x_hat), ("whitened", white)):
    print(f"{name:10}  correlation {torch.corrcoef(t.T)[0, 1].abs():.2f}")
