import torch
from torch import nn


def torch_momentum(share_of_the_old):
    """From Keras, TensorFlow, Flax, Paddle or CS231n to PyTorch; also back."""
    return 1 - share_of_the_old


torch.manual_seed(0)
converted = nn.BatchNorm1d(1, momentum=torch_momentum(0.99))
copied = nn.BatchNorm1d(1, momentum=0.99)  # the number taken over as it is
moving_mean, moving_variance = torch.zeros(1), torch.ones(1)  # kept as Keras does
for _ in range(1000):
    x = 5 + 2 * torch.randn(16, 1)  # mean 5, variance 4
    converted(x)
    copied(x)
    moving_mean = 0.99 * moving_mean + 0.01 * x.mean(0)
    moving_variance = 0.99 * moving_variance + 0.01 * x.var(0, correction=0)

print(f"Keras      {moving_mean.item():.3f}  {moving_variance.item():.3f}")
for name, layer in (("converted", converted), ("copied", copied)):
    print(f"{name:9}  {layer.running_mean.item():.3f}  {layer.running_var.item():.3f}")
print(f"ratio of the variances: {(converted.running_var / moving_variance).item():.3f}")
print(f"m / (m - 1) with m = 16: {16 / 15:.3f}")
