import torch
from torch import nn

graphs = []


def counting(graph, _):
    graphs.append(graph)
    return graph.forward


net = torch.compile(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)), backend=counting)
x = torch.randn(8, 4)
for mode in ("train", "train", "eval", "eval", "train"):
    getattr(net, mode)()
    net(x)
    print(f"{mode:5} graphs compiled so far: {len(graphs)}")
