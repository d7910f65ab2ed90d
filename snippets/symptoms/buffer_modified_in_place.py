import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).eval()
batch = torch.randn(8, 4)
loss = model(batch).square().mean()
model[1].running_var.copy_(torch.ones(4))  # as DDP broadcasts, or load_state_dict
try:
    loss.backward()
except RuntimeError as error:
    said = str(error)
print(said)
assert "modified by an inplace operation" in said
