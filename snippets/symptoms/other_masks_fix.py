import torch
from torch import nn

batch, model = torch.ones(8), nn.Dropout(0.5)
masks = []
for extra in (0, 1):
    torch.manual_seed(0)
    with torch.random.fork_rng():  # what happens inside leaves the stream as it was
        torch.rand(extra)
    masks.append(model(batch))
print("same mask with the same seed:", torch.equal(*masks))
assert torch.equal(*masks)
