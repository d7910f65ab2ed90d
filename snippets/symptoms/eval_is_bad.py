import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
batch = torch.randn(512, 8) + 5  # raw features, far from mean 0
labels = (batch.sum(1) > 40).long()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for _ in range(10):
    loss = nn.functional.cross_entropy(model(batch), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    train = (model.train()(batch).argmax(1) == labels).float().mean()
    eval_ = (model.eval()(batch).argmax(1) == labels).float().mean()
print(f"accuracy on the same data: train() {train:.0%}, eval() {eval_:.0%}")
assert train > 0.9
assert eval_ < 0.7
