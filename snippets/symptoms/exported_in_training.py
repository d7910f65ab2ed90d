import torch
from torch import nn

torch.manual_seed(0)
model, batch = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)), torch.randn(8, 4)
exported = torch.export.export(model, (batch,)).module()
print("same output twice:", torch.equal(exported(batch), exported(batch)))
try:
    exported.eval()
except NotImplementedError as error:
    said = str(error)
print(said)
assert not torch.equal(exported(batch), exported(batch))
