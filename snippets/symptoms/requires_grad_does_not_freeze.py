import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
model.requires_grad_(requires_grad=False)  # "the backbone is frozen"
image, batch = torch.randn(1, 3, 8, 8), torch.randn(7, 3, 8, 8) * 3
alone = model(image)
in_a_batch = model(torch.cat([image, batch]))[:1]
print(f"one image, alone and in a batch: {(alone - in_a_batch).abs().max():.1f} apart")
print("batches that moved the statistics:", int(model[1].num_batches_tracked))
assert not torch.allclose(alone, in_a_batch, atol=0.5)
assert model[1].num_batches_tracked == 2
