import torch
from torch import nn

torch.manual_seed(0)
model = nn.Dropout2d(0.5)
batch = torch.rand(1, 3, 8, 8) + 1  # the three colours of an image
zeros = torch.tensor([(model(batch) == 0).float().mean() for _ in range(400)])
print("shares that are dropped:", [f"{z:.2f}" for z in zeros.unique().tolist()])
print("images that vanish entirely:", int((zeros == 1).sum()), "of 400")
assert len(zeros.unique()) == 4  # 0, 1, 2 or 3 of the channels
assert (zeros == 1).float().mean() > 0.05
