import torch
from torch import nn

torch.manual_seed(0)
smooth = nn.AvgPool2d(5, stride=1)  # makes neighbours alike
x = torch.relu(10 * smooth(torch.randn(1000, 8, 12, 12)))
conv = nn.Conv2d(8, 16, 3, bias=False)
norm = nn.BatchNorm2d(16, momentum=None)
for sign, weight in (("any", conv.weight), ("same", conv.weight.abs())):
    conv.weight = nn.Parameter(weight.detach())
    for dropout in (nn.Dropout(0.5), nn.Dropout2d(0.5)):
        norm.reset_running_stats()
        with torch.no_grad():
            norm(conv(dropout(x)))
            ratio = (norm.running_var / conv(x).var((0, 2, 3))).mean()
        kind = type(dropout).__name__
        print(f"weights of {sign:4} sign, {kind:9}: stored / met in eval {ratio:.2f}")
