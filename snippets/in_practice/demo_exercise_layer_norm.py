import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
x = torch.randn(64, 16)
for norm in (nn.LayerNorm(16), nn.BatchNorm1d(16)):
    together = norm(x)
    alone = torch.cat([norm(part) for part in x.split(16)])
    before = {name: kept.clone() for name, kept in norm.state_dict().items()}
    checkpoint(norm, x.requires_grad_(), use_reentrant=False).sum().backward()
    after = norm.state_dict()
    still = all(torch.equal(before[name], after[name]) for name in before)
    print(f"{type(norm).__name__:11}", end=" ")
    print(f"in parts the same: {torch.allclose(together, alone, atol=1e-6)},", end=" ")
    print(f"state as before: {still}")
