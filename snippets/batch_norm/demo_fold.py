import torch
from fold import fold_batch_norm
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()
)
for _ in range(20):  # so that the statistics are not 0 and 1
    model(2 + 3 * torch.randn(16, 3, 8, 8))

try:
    fold_batch_norm(model)
except ValueError as error:
    print(error)
model.eval()
folded = fold_batch_norm(model)
x = 2 + 3 * torch.randn(16, 3, 8, 8)
print(folded)
print("same outputs:", torch.allclose(model(x), folded(x), atol=1e-5))
