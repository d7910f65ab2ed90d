import math

import torch
from report import batch_norm_report
from torch import nn

torch.manual_seed(0)


def block():
    return nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())


model = nn.Sequential(*(block() for _ in range(4)))
for _ in range(200):
    model(torch.randn(16, 4, 8, 8))
model.eval()
model[1][1].reset_running_stats()  # as if they had not been in the checkpoint
model[2][1].running_var[0] = math.nan  # a batch with a NaN, long ago
model[3][1].train()  # somebody's train() came later
print(batch_norm_report(model, torch.randn(16, 4, 8, 8)))
