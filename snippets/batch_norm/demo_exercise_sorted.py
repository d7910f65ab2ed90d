import torch
from torch import nn

torch.manual_seed(0)
cats, dogs = 3 + torch.randn(3200, 1), -3 + torch.randn(3200, 1)
everything = torch.cat([cats, dogs])
shuffled = everything[torch.randperm(len(everything))]
print(f"true variance:     {everything.var().item():.2f}")
for name, x in (("sorted by class", everything), ("shuffled", shuffled)):
    layer = nn.BatchNorm1d(1, momentum=None)
    for batch in x.split(64):
        layer(batch)
    print(f"{name + ':':18} {layer.running_var.item():.2f}")
