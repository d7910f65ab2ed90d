import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.norm(x), self.norm(5 * x + 20)  # "the same layer, it has no state"


torch.manual_seed(0)
model, batch = Net(), torch.randn(256, 4)
for _ in range(100):
    model(batch)
model.eval()
print("calls in 100 steps:", int(model.norm.num_batches_tracked))
print("means of the outputs in eval():", [f"{y.mean():.1f}" for y in model(batch)])
assert model.norm.num_batches_tracked == 200
assert min(y.mean().abs() for y in model(batch)) > 0.5
