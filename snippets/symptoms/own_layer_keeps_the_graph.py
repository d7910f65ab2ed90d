import copy

import torch
from torch import nn

torch.manual_seed(0)
lin, mean = nn.Linear(4, 4), torch.zeros(4)
depths = []
for _ in range(100):
    batch = lin(torch.randn(32, 4))
    mean = 0.9 * mean + 0.1 * batch.mean(0)  # with its whole history
    node, depth = mean.grad_fn, 0
    while node.next_functions:
        node, depth = node.next_functions[0][0] or node.next_functions[1][0], depth + 1
    depths.append(depth)
print("graph behind the running mean after 1 and 100 steps:", depths[0], depths[-1])
assert depths[-1] > depths[0] + 90
try:
    copy.deepcopy(mean)
except RuntimeError as error:
    print(error)
