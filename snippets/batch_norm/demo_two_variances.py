import torch
from torch import nn

torch.manual_seed(0)
for m in (4, 16, 4096):
    layer = nn.BatchNorm1d(1, momentum=1.0)  # the buffers keep only the last batch
    x = torch.randn(m, 1)
    train = layer(x).std(correction=0)
    evaluation = layer.eval()(x).std(correction=0)
    expected = ((m - 1) / m) ** 0.5
    print(f"m = {m:4}  eval / train: {evaluation / train:.3f}  formula: {expected:.3f}")
