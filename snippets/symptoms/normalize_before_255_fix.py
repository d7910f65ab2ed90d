import torch
from torch import nn


class Normalize(nn.Module):
    """The first layer of the model, so that nobody can forget it."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1))

    def forward(self, x):
        if x.dtype != torch.uint8:
            raise TypeError(f"expected pixels as uint8, got {x.dtype}")
        return (x / 255 - self.mean) / self.std


model = Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
image = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
print(f"largest input below 3: {bool(model(image).max() < 3)}")
assert model(image).abs().max() < 3
