import warnings

import torch
from torch import nn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports torch.jit, which is deprecated
    from torch.fx.experimental.optimization import fuse


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def forward(self, x):
        return self.conv(x) + self.norm(self.conv(x))


torch.manual_seed(0)
model, batch = Net(), torch.randn(8, 3, 4, 4) * 3 + 1
for _ in range(50):
    model(batch)
apart = (fuse(model.eval())(batch) - model(batch)).abs().max()
print(f"outputs before and after fusing: {apart:.1f} apart")
assert apart > 0.5
