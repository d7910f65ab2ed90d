import torch
from torch import nn


def ratios(first, second):
    """Stored variance / variance met in eval, of both batch norms."""
    torch.manual_seed(0)
    net = nn.Sequential(
        *(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16, momentum=None), nn.ReLU()),
        nn.Dropout(first),
        *(nn.Conv2d(16, 16, 3), nn.BatchNorm2d(16, momentum=None), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(second), nn.Linear(16, 10)),
    )
    x = torch.randn(256, 3, 12, 12)
    with torch.no_grad():
        net(x)  # momentum=None: the statistics of this one batch
        net.eval()
        return [
            (net[i].running_var / net[:i](x).var((0, 2, 3))).mean().item()
            for i in (1, 5)
        ]


for first, second in ((0.5, 0.0), (0.0, 0.5)):
    a, b = ratios(first, second)
    print(f"p = {first} and {second}: first batch norm {a:.2f}, second {b:.2f}")
