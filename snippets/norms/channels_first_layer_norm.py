"""Layer normalization over C at each position of (N, C, *), as in ConvNeXt.
对 (N, C, *) 的每个位置只沿通道 C 做层归一化，与 ConvNeXt 中的用法相同。

Equals permute to (N, *, C), nn.LayerNorm(C), permute back, and keeps the memory format.
Constructor, parameters and state_dict are those of nn.LayerNorm (ConvNeXt's own code
passes eps=1e-6). It is neither nn.LayerNorm([C, H, W]) nor GroupNorm(1, C), which share
one mean and variance between all positions of a sample.
Half types are computed in float32 and returned as half. Errors: ValueError for a wrong
shape, TypeError for a wrong dtype.
Sources: Ba, Kiros, Hinton 2016, section 3; Liu et al. 2022 (ConvNeXt), section 2.6.
"""

import torch
from torch import Tensor, nn


def normalize_channels(x: Tensor, eps: float) -> Tensor:
    """Give (N, C, *) mean 0 and variance 1 over C, at each position."""
    x = x - x.mean(1, keepdim=True)  # before squaring: E[x^2] - E[x]^2 would cancel
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + eps)


def affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Scale and shift (N, C, *), channel by channel."""
    per_channel = (-1, *[1] * (x.ndim - 2))  # (C) beside (N, C, *)
    x = x if weight is None else x * weight.view(per_channel)
    return x if bias is None else x + bias.view(per_channel)


class ChannelsFirstLayerNorm(nn.LayerNorm):
    """nn.LayerNorm(C) for inputs (N, C, *). 用于 (N, C, *) 的层归一化。"""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """(N, C, *) -> (N, C, *), every position on its own."""
        if tuple(input.shape[1:2]) != self.normalized_shape:
            channels, shape = self.normalized_shape, tuple(input.shape)
            raise ValueError(f"expected axis 1 to be {channels}, got {shape}")
        if not input.is_floating_point():
            raise TypeError(f"expected a floating-point input, got {input.dtype}")
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        if self.elementwise_affine and self.weight.dtype not in (x.dtype, input.dtype):
            raise TypeError(f"expected {self.weight.dtype}, got {input.dtype}")
        x_hat = normalize_channels(x, self.eps)
        return affine(x_hat, self.weight, self.bias).to(input.dtype)
