import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3))
batch = torch.randn(16, 3, 8, 8) + 2
for _ in range(50):
    model(batch)
before = model.eval()(batch)
with torch.no_grad():  # still in eval()
    print("shape of the output:", tuple(model(torch.zeros(1, 3, 8, 8)).shape))
assert model[0].num_batches_tracked == 50  # one for each training step
print("same outputs:", torch.equal(model(batch), before))
assert torch.equal(model(batch), before)
