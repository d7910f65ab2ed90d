import torch
from fixed_mask import FixedMaskDropout, hold_masks

torch.manual_seed(0)
model = FixedMaskDropout(0.5, shared_dims=())
state = torch.ones(1, 6)
with hold_masks(model):  # one sequence, or one Monte Carlo sample
    masks = [model(state) > 0 for step in range(5)]
distinct = len({tuple(mask.flatten().tolist()) for mask in masks})
print("different masks in 5 steps:", distinct)
assert distinct == 1
