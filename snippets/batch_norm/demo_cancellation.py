import torch
from torch import nn


class WrongBatchNorm(nn.BatchNorm1d):
    """Computes the variance as E[x²] − E[x]²."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean = x.mean(0)
        var = (x**2).mean(0) - mean**2  # wrong: two large, almost equal numbers
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var * len(x) / (len(x) - 1), self.momentum)
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias


torch.manual_seed(0)
x = 1000 + 0.1 * torch.randn(64, 128)  # large mean, small spread
for layer in (nn.BatchNorm1d(128), WrongBatchNorm(128)):
    y = layer(x)
    print(f"{type(layer).__name__:15} has NaN:", y.isnan().any().item())
