import torch
from torch import nn

torch.manual_seed(0)
real, fake = torch.randn(64, 4) + 2, torch.randn(64, 4)
model = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4)))
gaps = []
for batches in ([real, fake], [torch.cat([real, fake])]):
    model.eval()  # without the power iteration: the same weights for both
    outputs = torch.cat([model(batch) for batch in batches])
    gaps.append((outputs[:64].mean(0) - outputs[64:].mean(0)).norm())
print("the gap does not depend on the batches:", torch.allclose(*gaps, atol=1e-4))
print("and is there:", bool(gaps[0] > 0.5))
assert torch.allclose(*gaps, atol=1e-4)
assert gaps[0] > 0.5
