import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
x = 3 + torch.randn(64, 8, requires_grad=True)


def after_one_step(momentum: float, checkpointed: bool) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(8, momentum=momentum)
    block = nn.Sequential(norm, nn.ReLU(), nn.Linear(8, 8))
    y = checkpoint(block, x, use_reentrant=False) if checkpointed else block(x)
    y.sum().backward()
    return norm


halved = 1 - (1 - 0.1) ** 0.5  # two updates with it are one with 0.1
for momentum, checkpointed in ((0.1, False), (0.1, True), (halved, True)):
    norm = after_one_step(momentum, checkpointed)
    print(
        f"momentum {momentum:.4f}, checkpointed {checkpointed!s:5}: "
        f"running_mean {norm.running_mean[0]:.4f}, "
        f"updates {norm.num_batches_tracked.item()}"
    )
