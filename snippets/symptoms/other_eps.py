import torch
from torch import nn

torch.manual_seed(0)
theirs = nn.BatchNorm2d(4, eps=1e-3).eval()  # as in Keras
theirs.running_var.copy_(torch.tensor([1.0, 1e-2, 1e-3, 1e-5]))
model = nn.BatchNorm2d(4).eval()  # eps=1e-5
model.load_state_dict(theirs.state_dict())  # all keys match
batch = torch.randn(8, 4, 5, 5)
ratio = (model(batch) / theirs(batch)).mean((0, 2, 3))
print("ratio per channel:", [f"{r:.2f}" for r in ratio.tolist()])
assert ratio[0] < 1.01
assert ratio[3] > 5
