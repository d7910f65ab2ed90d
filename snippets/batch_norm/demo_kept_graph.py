import copy

import torch
from torch import nn


class WrongBatchNorm(nn.BatchNorm1d):
    """Updates its running statistics with gradients on."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var = x.mean(0), x.var(0, correction=0)
        rate = self.momentum
        self.running_mean = (1 - rate) * self.running_mean + rate * mean  # wrong
        self.running_var = (1 - rate) * self.running_var + rate * x.var(0)
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias


def graph_depth(tensor):
    node, depth = tensor.grad_fn, 0
    while node is not None:
        depth += 1
        node = node.next_functions[0][0] if node.next_functions else None
    return depth


torch.manual_seed(0)
linear, layer = nn.Linear(2, 2), WrongBatchNorm(2)
for step in range(1, 101):
    layer(linear(torch.randn(8, 2)))
    if step in (1, 10, 100):
        depth = graph_depth(layer.running_mean)
        print(f"after {step:3} steps the graph is {depth} deep")
try:
    copy.deepcopy(layer)
except RuntimeError as error:
    print("deepcopy:", str(error).split(".")[0])
