import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5))
x = torch.randn(4, 3, 8, 8)
for mode in ("train", "eval"):
    program = torch.export.export(getattr(net, mode)(), (x,))
    calls = [n.target for n in program.graph.nodes if n.op == "call_function"]
    names = [str(c).removeprefix("aten.") for c in calls if "conv" not in str(c)]
    print(f"{mode:5}", ", ".join(names))

free = {"input": {0: torch.export.Dim("batch")}}
for name, shapes in (("fixed", None), ("dynamic", free)):
    run = torch.export.export(net, (x,), dynamic_shapes=shapes).module()
    for size in (1, 4):
        other = torch.randn(size, 3, 8, 8)
        try:
            answer = torch.allclose(run(other), net(other), atol=1e-6)
        except AssertionError:
            answer = "refused"
        print(f"{name:7} batch of {size}: {answer}")
