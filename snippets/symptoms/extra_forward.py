import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3))
batch = torch.randn(16, 3, 8, 8) + 2
for _ in range(50):
    model(batch)
before = model.eval()(batch)
model.train()
with torch.no_grad():
    print("shape of the output:", tuple(model(torch.zeros(1, 3, 8, 8)).shape))
after = model.eval()(batch)
print(f"the outputs in eval() moved by {(after - before).abs().max():.2f}")
assert (after - before).abs().max() > 0.1
