import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
batches = [torch.randn(64, 4) + 3 for _ in range(200)]
for x in batches:
    loss = (net(x) - x[:, :1].sin()).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    average.update_parameters(net)


def distance() -> float:
    """How far running_mean is from what the averaged weights produce, in std."""
    hidden = average.module[0](torch.cat(batches))
    away = average.module[1].running_mean - hidden.mean(0)
    return (away.abs() / hidden.std(0)).max().item()


print(f"statistics of the last weights: {distance():.2f} std away")
update_bn(batches, average)
print(f"after update_bn:                {distance():.2f} std away")
