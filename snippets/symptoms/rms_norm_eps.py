import torch
from torch import nn

torch.manual_seed(0)
theirs = nn.RMSNorm(64, eps=1e-5)  # as in Llama's configuration
model = nn.RMSNorm(64)  # eps=None
model.load_state_dict(theirs.state_dict())
batch = torch.randn(4, 64) * 1e-3  # small activations, as in the first layers
ratio = (model(batch) / theirs(batch)).mean()
print(f"ratio of the outputs: {ratio:.1f}")
assert ratio > 2
used = batch / (batch.square().mean(-1, keepdim=True) + 2.0**-23).sqrt()
print("eps=None is finfo(float32).eps:", torch.allclose(model(batch), used, atol=1e-6))
assert torch.allclose(model(batch), used, atol=1e-6)
