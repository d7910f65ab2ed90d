import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def fold_in_front(norm, conv):
    """Fold a batch norm into the convolution behind it: right only without padding."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = norm.bias - scale * norm.running_mean
    folded = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, padding=conv.padding
    )
    with torch.no_grad():
        folded.weight.copy_(conv.weight * scale.view(1, -1, 1, 1))
        folded.bias.copy_(conv.bias + (conv.weight.sum((2, 3)) * shift).sum(1))
    return folded


def close(a, b):
    return torch.allclose(a, b, atol=1e-4)


torch.manual_seed(0)
x = 1 + torch.randn(8, 4, 8, 8)
for padding in (0, 1):
    conv, norm = nn.Conv2d(4, 4, 3, padding=padding), nn.BatchNorm2d(4, momentum=None)
    norm(x), norm.eval()
    after = nn.BatchNorm2d(4, momentum=None)
    after(conv(x)), after.eval()
    with torch.no_grad():
        behind = close(fuse_conv_bn_eval(conv.eval(), after)(x), after(conv(x)))
        front = close(fold_in_front(norm, conv)(x), conv(norm(x)))
    print(f"padding {padding}: norm behind {behind}, in front {front}")
