import torch
from torch import nn

torch.manual_seed(0)
model, batch = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)), torch.randn(8, 4)
model.eval()
exported = torch.export.export(model, (batch,)).module()
print("same as the model:", torch.allclose(exported(batch), model(batch)))
assert torch.equal(exported(batch), exported(batch))
assert torch.allclose(exported(batch), model(batch))
