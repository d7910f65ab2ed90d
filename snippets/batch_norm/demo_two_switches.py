import torch
from torch import nn

torch.manual_seed(0)
x = 5 + torch.randn(64, 1)
print("mode   gradients  mean of the output  running_mean  graph kept")
for mode in ("train", "eval"):
    for grad in (True, False):
        layer = nn.BatchNorm1d(1).train(mode == "train")
        with torch.set_grad_enabled(grad):
            y = layer(x)
        print(
            f"{mode:5}  {grad!s:9}  {abs(y.mean().item()):18.2f}"
            f"  {layer.running_mean.item():12.2f}  {y.requires_grad}"
        )
