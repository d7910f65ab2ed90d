import torch
from torch import nn

torch.manual_seed(0)
model = nn.Dropout(0.5)
state = torch.ones(1, 6)
masks = [model(state) > 0 for step in range(5)]  # five steps of a sequence
distinct = len({tuple(mask.flatten().tolist()) for mask in masks})
kept = torch.stack(masks).all(0).sum()
print("different masks in 5 steps:", distinct)
print("units that survive all steps:", int(kept), "of 6")
assert distinct > 1
