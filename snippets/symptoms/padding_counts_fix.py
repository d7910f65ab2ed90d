import torch
from masked import masked_batch_norm

torch.manual_seed(0)
batch = torch.randn(8, 4, 10) + 3
padded = torch.nn.functional.pad(batch, (0, 30))
mask = torch.arange(40).expand(8, 40) < 10  # (N, L): True where valid
mean, var = torch.zeros(4), torch.ones(4)
long = masked_batch_norm(padded, mask, mean, var, training=True)[:, :, :10]
short = torch.nn.BatchNorm1d(4)(batch)
print("same output with and without padding:", torch.allclose(short, long, atol=1e-5))
assert torch.allclose(short, long, atol=1e-5)
