import torch
from torch import nn

torch.manual_seed(0)
data = torch.randn(20, 64, 4) + 3
model = nn.BatchNorm1d(4)  # a number: momentum=0.1
compiled = torch.compile(model, backend="eager", fullgraph=True)
for batch in data:
    compiled(batch)
print(f"compiled, momentum {model.momentum}: batches {model.num_batches_tracked}")
assert model.num_batches_tracked == 20
model.reset_running_stats()
model.momentum = None  # recalibrate afterwards, on the model that is not compiled
with torch.no_grad():
    for batch in data:
        model(batch)
model.momentum = 0.1
exact = torch.allclose(model.running_mean, data.mean((0, 1)), atol=1e-5)
print("running_mean is that of all the data:", exact)
assert exact
