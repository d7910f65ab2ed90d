import torch
from torch import nn


class BatchNorm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.running_mean = torch.zeros(features)  # a plain attribute


model = BatchNorm(4)
print("saved:", list(model.state_dict()))
model.double()  # .to("cuda") passes it over in the same way
print(model.weight.dtype, model.running_mean.dtype)
assert "running_mean" not in model.state_dict()
assert model.running_mean.dtype == torch.float32
