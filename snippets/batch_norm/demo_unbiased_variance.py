import torch
from torch import nn


class WrongBatchNorm(nn.BatchNorm1d):
    """Normalizes with the unbiased variance, which is meant for running_var only."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var = x.mean(0), x.var(0)  # wrong: divides by N − 1
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var, self.momentum)
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias


torch.manual_seed(0)
x = torch.randn(4, 2)
for layer in (nn.BatchNorm1d(2), WrongBatchNorm(2)):
    print(f"{type(layer).__name__:15} variance:", layer(x).var(0, correction=0).data)
