import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(4, momentum=None)  # the average of all batches
batch = torch.randn(8, 4)
compiled = torch.compile(model, backend="eager", fullgraph=True)  # inductor: the same
try:
    compiled(batch)
except RuntimeError as error:
    said = str(error).splitlines()[0]
print(said)
assert "data-dependent" in said
compiled.eval()
print("in eval():", tuple(compiled(batch).shape))
model.train()
