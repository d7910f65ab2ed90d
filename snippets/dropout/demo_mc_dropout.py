import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(4, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 3)
).eval()
for module in model.modules():
    if isinstance(module, nn.Dropout):
        module.train()

x = torch.randn(5, 4)
with torch.no_grad():
    samples = torch.stack([model(x).softmax(1) for _ in range(50)])  # (50, N, classes)
mean, std = samples.mean(0), samples.std(0)
print("mean probabilities sum to 1:", torch.allclose(mean.sum(1), torch.ones(5)))
print("the predictions differ:     ", bool((std > 0).all()))
print("batch norm is in eval:      ", not model[1].training)
