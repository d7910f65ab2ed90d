import torch
from torch import nn

torch.manual_seed(0)
theirs = nn.RMSNorm(64, eps=1e-5)
model = nn.RMSNorm(64, eps=theirs.eps)  # rms_norm_eps of the configuration
model.load_state_dict(theirs.state_dict())
batch = torch.randn(4, 64) * 1e-3
print("same outputs:", torch.equal(model(batch), theirs(batch)))
assert torch.equal(model(batch), theirs(batch))
