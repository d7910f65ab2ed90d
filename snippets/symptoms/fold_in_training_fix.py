import torch
from fold import fold_batch_norm
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
batch = torch.randn(16, 3, 8, 8)
model(batch)
model.eval()
folded = fold_batch_norm(model)
same = torch.allclose(folded(batch), model(batch), atol=1e-5)
print("same output:", same)
print("norms left:", sum(isinstance(m, nn.BatchNorm2d) for m in folded.modules()))
assert same
