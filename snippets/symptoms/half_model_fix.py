import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4)).half()
for layer in model.modules():
    if isinstance(layer, nn.BatchNorm1d):
        layer.float()  # it still accepts half-precision input
batch = torch.randn(32, 4, dtype=torch.float16) * 600
for _ in range(3):
    model(batch)
output = model.eval()(batch)
print(output.dtype, " running_var finite:", bool(model[0].running_var.isfinite().all()))
assert output.dtype == torch.float16
assert output.isfinite().all()
assert output.std() > 0.5
