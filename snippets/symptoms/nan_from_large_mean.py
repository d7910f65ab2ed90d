import torch

torch.manual_seed(0)
batch = torch.randn(4096, 8) * 0.1 + 1000  # raw features
mean = batch.mean(0)
variance = (batch**2).mean(0) - mean**2  # E[x^2] - E[x]^2
output = (batch - mean) / (variance + 1e-5).sqrt()
print("smallest variance is negative:", bool(variance.min() < 0))
print("NaN in the output:", bool(output.isnan().any()))
assert variance.min() < 0
assert output.isnan().any()
