import torch
from torch import nn

model = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.BatchNorm2d(8))
batch = torch.randn(4, 3, 4, 4)
cases = [
    (model, batch),  # behind a linear layer
    (nn.BatchNorm2d(3), batch[0]),  # one image without a batch axis
    (nn.BatchNorm1d(3), batch),
]
said = []
for layer, x in cases:
    try:
        layer(x)
    except ValueError as error:
        said.append(f"{type(error).__name__}: {error}")
        print(said[-1])
assert len(said) == 3
assert all("input (got" in message for message in said)
