import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(256, 20).exp()  # skewed, as what comes out of a ReLU
linear, norm = nn.Linear(20, 8), nn.BatchNorm1d(8)


def compare(change, before, after):
    moved = (after.sort(0).values - before.sort(0).values).square().mean(0).sqrt()
    related = (after.T.corrcoef() - before.T.corrcoef()).abs().max()
    print(f"{change}: histograms {moved.mean():.3f}, correlations {related:.3f}")


with torch.no_grad():
    before = norm(linear(x))
    linear.weight *= 10  # a violent change below ...
    linear.bias += 5
    compare("ten times, plus 5", before, norm(linear(x)))
    linear.weight.copy_(torch.randn(8, 20))  # ... and other directions
    compare("other directions ", before, norm(linear(x)))
