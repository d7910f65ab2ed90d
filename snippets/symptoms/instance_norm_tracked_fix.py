import torch
from torch import nn

torch.manual_seed(0)
model = nn.InstanceNorm2d(3)  # track_running_stats=False is the default
batch = torch.randn(8, 3, 16, 16) * torch.rand(8, 1, 1, 1) * 5
train, evaluated = model(batch), model.eval()(batch)
print("same output in both modes:", torch.equal(train, evaluated))
assert torch.equal(train, evaluated)
