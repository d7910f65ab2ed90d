import torch
from torch import nn

torch.manual_seed(0)
x = torch.ones(100_000)
for keep in (0.8, 0.5):  # the paper's p
    for p in (1 - keep, keep):
        share = (nn.Dropout(p)(x) != 0).float().mean()
        print(f"the paper keeps {keep}: nn.Dropout({p:.1f}) keeps {share:.1f}")
