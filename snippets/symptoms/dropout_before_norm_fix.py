import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(64), nn.Dropout(0.5))  # no norm behind it
for _ in range(200):
    model(torch.randn(256, 64) + 1)
batch = torch.randn(4096, 64) + 1
evaluated = model.eval()(batch).var()
print(f"variance of the output in eval(): {evaluated:.2f}")
assert abs(evaluated - 1) < 0.05
