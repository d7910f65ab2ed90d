import torch
from torch import nn

model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 4))  # stays in float32
batch = torch.randn(8, 4)
with torch.autocast("cpu", dtype=torch.float16):
    output = model(batch)
dtypes = {tensor.dtype for tensor in model.state_dict().values()}
print("output:", output.dtype, " state:", sorted(map(str, dtypes)))
assert output.dtype == torch.float16
assert torch.float16 not in dtypes
