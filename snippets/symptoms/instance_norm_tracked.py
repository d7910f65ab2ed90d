import torch
from torch import nn

torch.manual_seed(0)
model = nn.InstanceNorm2d(3, track_running_stats=True)
batch = torch.randn(8, 3, 16, 16) * torch.rand(8, 1, 1, 1) * 5  # contrasts differ
for _ in range(100):
    model(batch)
train, evaluated = model(batch).std((1, 2, 3)), model.eval()(batch).std((1, 2, 3))
print("std of each image, train():", f"from {train.min():.1f} to {train.max():.1f}")
print("eval():", f"from {evaluated.min():.1f} to {evaluated.max():.1f}")
norm = nn.BatchNorm2d(3, affine=False).eval()
norm.load_state_dict(model.state_dict())
assert torch.equal(norm(batch), model(batch))  # in eval() it is batch norm
assert evaluated.max() > 1.2
