import torch
from torch import nn

torch.manual_seed(0)
theirs = nn.BatchNorm2d(4, eps=1e-3).eval()
theirs.running_var.copy_(torch.tensor([1.0, 1e-2, 1e-3, 1e-5]))
model = nn.BatchNorm2d(4, eps=theirs.eps).eval()  # eps is not in the state_dict
model.load_state_dict(theirs.state_dict())
batch = torch.randn(8, 4, 5, 5)
ratio = (model(batch) / theirs(batch)).mean((0, 2, 3))
print("ratio per channel:", [f"{r:.2f}" for r in ratio.tolist()])
assert torch.equal(model(batch), theirs(batch))
