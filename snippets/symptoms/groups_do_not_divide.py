import torch
from torch import nn
from torch.nn import functional as F

batch = torch.randn(2, 48, 8, 8)
said = []
for norm in (lambda: nn.GroupNorm(32, 48), lambda: F.group_norm(batch, 32)):
    try:
        norm()
    except (ValueError, RuntimeError) as error:
        said.append(f"{type(error).__name__}: {error}")
        print(said[-1])
assert len(said) == 2
assert all("divisible by num_groups" in message for message in said)
