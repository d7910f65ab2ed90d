import torch
from torch import nn
from torch.nn.utils.parametrize import register_parametrization


class WeightStandardization(nn.Module):
    """Give each filter (in, *) mean 0 and variance 1."""

    def forward(self, weight):
        filters = weight.flatten(1)
        var, mean = torch.var_mean(filters, 1, correction=0, keepdim=True)
        return ((filters - mean) / torch.sqrt(var + 1e-5)).view_as(weight)


torch.manual_seed(0)
conv = nn.Conv2d(16, 8, 3)
register_parametrization(conv, "weight", WeightStandardization())
filters = conv.weight.flatten(1)
print("means are 0:", torch.allclose(filters.mean(1), torch.zeros(8), atol=1e-5))
print("variances:", round(filters.var(1, correction=0).mean().item(), 2))
before = conv.weight.clone()
with torch.no_grad():
    conv.parametrizations.weight.original.add_(1)
print("adding 1 to every weight changes nothing:", end=" ")
print(torch.allclose(before, conv.weight, atol=1e-2))
