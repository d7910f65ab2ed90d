import torch
from torch import nn

torch.manual_seed(0)
norms = nn.ModuleDict({"source": nn.BatchNorm1d(1), "target": nn.BatchNorm1d(1)})
shift = {"source": 0, "target": 20}
for _ in range(200):
    for domain, norm in norms.items():
        norm(torch.randn(256, 1) + shift[domain])
norms.eval()
for domain, norm in norms.items():
    output = norm(torch.randn(999, 1) + shift[domain])
    print(f"{domain}: mean of the output is 0: {bool(output.mean().abs() < 0.2)}")
    assert output.mean().abs() < 0.2
