import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(3, momentum=1.0)
batch = torch.randn(4, 3)
train = model.train()(batch)
mean = batch.mean(0)
biased = batch.var(0, correction=0)  # divides by n: to normalize
unbiased = batch.var(0, correction=1)  # divides by n - 1: to store
by_hand = (batch - mean) / (biased + model.eps).sqrt()
print("same output:", torch.allclose(by_hand, train, atol=1e-5))
print("same running_var:", torch.allclose(unbiased, model.running_var))
assert torch.allclose(by_hand, train, atol=1e-5)
assert torch.allclose(unbiased, model.running_var)
