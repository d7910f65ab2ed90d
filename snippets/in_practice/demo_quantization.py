import torch
from torch import nn

torch.manual_seed(0)
conv, norm = nn.Conv2d(8, 16, 3, bias=False), nn.BatchNorm2d(16).eval()
norm.running_var.copy_(torch.logspace(-3, 3, 16))  # very different
scale = norm.weight / (norm.running_var + norm.eps).sqrt()
folded = conv.weight * scale.view(-1, 1, 1, 1)


def error(weight: torch.Tensor, per_channel: bool) -> float:
    """Median over the output channels of the relative error of 8-bit weights."""
    flat = weight.detach().flatten(1)
    scale = flat.abs().amax(1 if per_channel else (0, 1), keepdim=True) / 127
    rounded = (flat / scale).round() * scale
    return ((rounded - flat).norm(dim=1) / flat.norm(dim=1)).median().item()


for name, weight in (("before folding", conv.weight), ("folded", folded)):
    one, each = error(weight, False), error(weight, True)
    print(f"{name:14}: one scale {one:6.1%}, a scale per channel {each:.1%}")
