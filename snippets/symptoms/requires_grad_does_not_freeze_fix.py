import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
model.requires_grad_(requires_grad=False)  # the parameters
model.eval()  # the statistics, after every train() of the model around it
image, batch = torch.randn(1, 3, 8, 8), torch.randn(7, 3, 8, 8) * 3
alone = model(image)
in_a_batch = model(torch.cat([image, batch]))[:1]
print("same features:", torch.allclose(alone, in_a_batch, atol=1e-5))
assert torch.allclose(alone, in_a_batch, atol=1e-5)
assert model[1].num_batches_tracked == 0
