import copy

import torch
from torch import nn

torch.manual_seed(0)
lin, mean = nn.Linear(4, 4), torch.zeros(4)
for _ in range(100):
    batch = lin(torch.randn(32, 4))
    with torch.no_grad():
        mean.lerp_(batch.mean(0), 0.1)  # in place, so that a buffer stays a buffer
print("graph behind the running mean:", mean.grad_fn)
assert mean.grad_fn is None
assert torch.equal(copy.deepcopy(mean), mean)
