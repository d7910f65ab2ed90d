import torch
from fold import fold_batch_norm
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def forward(self, x):
        return self.conv(x) + self.norm(self.conv(x))


torch.manual_seed(0)
model, batch = Net(), torch.randn(8, 3, 4, 4) * 3 + 1
for _ in range(50):
    model(batch)
try:
    fold_batch_norm(model.eval())
except ValueError as error:
    said = str(error)
print(said)
folded = fold_batch_norm(model, strict=False)  # leaves it as it is
assert torch.equal(folded(batch), model(batch))
