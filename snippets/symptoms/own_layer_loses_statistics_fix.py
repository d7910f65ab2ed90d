import torch
from torch import nn


class BatchNorm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.register_buffer("running_mean", torch.zeros(features))


model = BatchNorm(4)
print("saved:", list(model.state_dict()))
model.double()
print(model.weight.dtype, model.running_mean.dtype)
assert "running_mean" in model.state_dict()
assert model.running_mean.dtype == torch.float64
