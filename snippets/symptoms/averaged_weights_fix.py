import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

torch.manual_seed(0)
layers = [(nn.Linear(64, 64), nn.BatchNorm1d(64, momentum=1.0)) for _ in range(4)]
net = nn.Sequential(*[part for pair in layers for part in pair])
model = AveragedModel(net)
batch = torch.randn(512, 64)
start = [p.detach().clone() for p in net.parameters()]
for _ in range(50):
    for p, s in zip(net.parameters(), start, strict=True):
        p.data = s + 0.07 * torch.randn_like(s) * (p.dim() > 1)
    net(batch)
    model.update_parameters(net)
update_bn(batch.split(128), model)  # the statistics of the averaged weights
mean = model.eval()(batch).std()
print(f"output in eval(), averaged weights: std {mean:.2f}")
assert abs(mean - 1) < 0.05
