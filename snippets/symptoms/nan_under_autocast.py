import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4))
batch = torch.rand(64, 8) * 1e5  # raw features: many exceed 65504
with torch.autocast("cpu", dtype=torch.float16):
    hidden = model[0](batch)
    output = model[1](hidden)
    in_float32 = model[1](hidden.float())  # "batch norm in full precision, then"
finite = [f"{y.isfinite().float().mean():.0%}" for y in (hidden, output, in_float32)]
print("finite: linear layer, batch norm, batch norm in float32:", finite)
print("dtypes of the outputs:", hidden.dtype, output.dtype)
print("running_mean:", model[1].running_mean.dtype, model[1].running_mean.tolist())
assert hidden.isfinite().float().mean() < 0.5  # it is lost before the norm
assert output.isnan().all()
assert in_float32.isnan().all()
assert model[1].running_mean.dtype == torch.float32
