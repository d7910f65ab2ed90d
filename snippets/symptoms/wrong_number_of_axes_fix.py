import torch
from torch import nn

torch.manual_seed(0)
batch = torch.randn(4, 3, 4, 4)
features = nn.Sequential(nn.Flatten(), nn.Linear(48, 8))(batch)  # (N, C)
norm = nn.BatchNorm1d(8)
norm.load_state_dict(nn.BatchNorm2d(8).state_dict())  # the same keys and shapes
print("(N, C):", tuple(norm(features).shape))
image = nn.BatchNorm2d(3).eval()(batch[0].unsqueeze(0))  # (1, C, H, W)
print("one image:", tuple(image.shape))
print("(N, C, H, W):", tuple(nn.BatchNorm2d(3)(batch).shape))
assert norm(features).mean(0).abs().max() < 1e-6
same = nn.BatchNorm2d(8)(features[:, :, None, None])[:, :, 0, 0]
# Only the check of the shape differs.
assert torch.allclose(norm(features), same, atol=1e-6)
