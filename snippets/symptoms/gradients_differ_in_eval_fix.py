import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(3)
batch = torch.randn(64, 3, requires_grad=True)
upstream = torch.randn(64, 3)
model(batch).backward(upstream)
hat = (batch - batch.mean(0)) / (batch.var(0, correction=0) + model.eps).sqrt()
# The mean and the variance depend on x: two parts of the gradient are taken out.
centred = upstream - upstream.mean(0) - hat * (upstream * hat).mean(0)
by_hand = centred / (batch.var(0, correction=0) + model.eps).sqrt()
print("training gradient by hand:", torch.allclose(batch.grad, by_hand, atol=1e-5))
print(f"its sum over the batch, at most: {batch.grad.sum(0).abs().max():.3f}")
assert torch.allclose(batch.grad, by_hand, atol=1e-5)
