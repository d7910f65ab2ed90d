import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
batch = torch.randn(64, 8)
for _ in range(1000):
    optimizer.zero_grad()
    (0 * model(batch)).sum().backward()  # a loss that asks for nothing
    optimizer.step()
gamma = model[1].weight.mean()
print(f"weight of the batch norm: from 1.00 to {gamma:.2f}")
assert gamma < 0.4
