import torch
from torch import nn

torch.manual_seed(0)
lengths = torch.tensor([3, 5, 8, 20])
valid = torch.arange(20) < lengths.unsqueeze(1)  # (N, L)
x = (2 + torch.randn(4, 1, 20)) * valid.unsqueeze(1)  # zeros behind the end

norm = nn.BatchNorm1d(1, momentum=1.0)
norm(x)
print(f"with the padding:    mean {norm.running_mean.item():.2f}")
norm(x.transpose(1, 2)[valid])  # (valid positions, C)
print(f"only what is valid:  mean {norm.running_mean.item():.2f}")
