import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(64))
for _ in range(200):
    model(torch.randn(256, 64) + 1)
batch = torch.randn(4096, 64) + 1
train, evaluated = model(batch).var(), model.eval()(batch).var()
print(f"variance of the output: train() {train:.2f}, eval() {evaluated:.2f}")
assert abs(train - 1) < 0.02
assert evaluated < 0.5
