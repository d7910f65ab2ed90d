import torch
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.ones(2, 6, 1000)  # (N, L, C): 2 sequences, 6 steps
mask = F.dropout(torch.ones(2, 1, 1000), 0.5)  # no steps: the mask serves all of them

for name, y in {"one mask per sequence": x * mask, "F.dropout": F.dropout(x)}.items():
    print(f"{name}: the same at all steps: {bool((y == y[:, :1]).all())}")
