import torch
from torch import nn

torch.manual_seed(0)
keep = 0.9  # "keep_prob" of TensorFlow 1, of CS231n and of many papers
model = nn.Dropout(keep)
batch = torch.ones(100_000)
output = model(batch)
print(f"kept: {(output > 0).float().mean():.0%}, scaled by {output.max():.0f}")
assert (output > 0).float().mean() < 0.15
