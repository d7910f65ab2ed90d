import torch
from no_decay import no_decay_groups
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
groups = no_decay_groups(model, weight_decay=0.1)
optimizer = torch.optim.AdamW(groups, lr=0.01)
batch = torch.randn(64, 8)
for _ in range(1000):
    optimizer.zero_grad()
    (0 * model(batch)).sum().backward()
    optimizer.step()
gamma, linear = model[1].weight.mean(), model[0].weight.norm()
print(f"weight of the batch norm: {gamma:.2f}")
print("parameters without decay:", len(groups[1]["params"]))
assert gamma == 1
