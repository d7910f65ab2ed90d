import torch
from torch import nn

torch.manual_seed(0)
batch = torch.rand(64, 8) * 1e5
for name, dtype, inputs, enabled in (
    ("scaled inputs", torch.float16, batch / 1e5, True),
    ("linear layer in float32", torch.float16, batch, False),
    ("bfloat16", torch.bfloat16, batch, True),  # the range of float32
):
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4))
    with torch.autocast("cpu", dtype=dtype):
        with torch.autocast("cpu", dtype=dtype, enabled=enabled):
            hidden = model[0](inputs)
        output = model[1](hidden)
    print(name, "- batch norm gets and returns", hidden.dtype, output.dtype)
    assert output.dtype == hidden.dtype
    assert output.isfinite().all()
    assert model[1].running_var.isfinite().all()
    assert model[1].weight.dtype == model[1].running_var.dtype == torch.float32
