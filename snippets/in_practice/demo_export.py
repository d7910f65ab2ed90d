import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5))
x = torch.randn(4, 3, 8, 8)
for mode in ("train", "eval"):
    program = torch.export.export(getattr(net, mode)(), (x,))
    calls = [n.target for n in program.graph.nodes if n.op == "call_function"]
    names = [str(c).removeprefix("aten.") for c in calls if "conv" not in str(c)]
    print(f"{mode:5}", ", ".join(names))
