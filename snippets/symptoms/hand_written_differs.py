import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(3, momentum=1.0)  # so that eval uses exactly this batch
batch = torch.randn(4, 3)
train = model.train()(batch)
eval_ = model.eval()(batch)
print(f"train() and eval() on one batch: ratio {(train / eval_).mean():.3f}")
assert not torch.allclose(train, eval_, atol=0.01)
mean, var = batch.mean(0), batch.var(0)  # torch.var divides by n - 1
by_hand = (batch - mean) / (var + model.eps).sqrt()
print(f"written by hand and train(): ratio {(train / by_hand).mean():.3f}")
assert not torch.allclose(by_hand, train, atol=0.01)
