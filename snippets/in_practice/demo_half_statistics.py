import torch
from torch import nn

for dtype in (torch.float32, torch.bfloat16, torch.float16):
    norm = nn.BatchNorm1d(1, momentum=0.01).to(dtype)
    for _ in range(1000):
        norm(torch.tensor([[90.0], [110.0]], dtype=dtype))
    large = nn.BatchNorm1d(1).to(dtype)
    large(torch.tensor([[-800.0], [800.0]], dtype=dtype))
    print(
        f"{dtype!s:15} running_mean {norm.running_mean.item():6.1f} of 100, "
        f"running_var {large.running_var.item():.0f}"
    )
