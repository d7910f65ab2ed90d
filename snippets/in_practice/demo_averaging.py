import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
ema = get_ema_multi_avg_fn(0.99)
averages = {
    "EMA": AveragedModel(net, multi_avg_fn=ema),
    "SWA (equal weights)": AveragedModel(net),
    "EMA with buffers": AveragedModel(net, multi_avg_fn=ema, use_buffers=True),
    "the same, after 50 steps": AveragedModel(net, multi_avg_fn=ema, use_buffers=True),
}
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
batches = [torch.randn(64, 4) + 3 for _ in range(200)]
for step, x in enumerate(batches):
    loss = (net(x) - x[:, :1].sin()).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for name, average in averages.items():
        if step >= 50 or "after" not in name:
            average.update_parameters(net)


def distance(average: AveragedModel) -> float:
    """How far running_mean is from what the averaged weights produce, in std."""
    hidden = average.module[0](torch.cat(batches))
    away = average.module[1].running_mean - hidden.mean(0)
    return (away.abs() / hidden.std(0)).max().item()


print(f"{'how far, in std':24} as is  after update_bn")
for name, average in averages.items():
    before = distance(average)
    update_bn(batches, average)
    print(f"{name:24}  {before:.2f}             {distance(average):.2f}")
