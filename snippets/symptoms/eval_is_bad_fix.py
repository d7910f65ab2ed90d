import torch
from recalibrate import recalibrate_batch_norm
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
batch = torch.randn(512, 8) + 5
labels = (batch.sum(1) > 40).long()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for _ in range(10):
    loss = nn.functional.cross_entropy(model(batch), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
recalibrate_batch_norm(model, batch.split(128))  # the statistics of these weights
with torch.no_grad():
    eval_ = (model.eval()(batch).argmax(1) == labels).float().mean()
print(f"accuracy in eval() after recalibration: {eval_:.0%}")
assert eval_ > 0.9
