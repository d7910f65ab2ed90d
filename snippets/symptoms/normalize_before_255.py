import torch

torch.manual_seed(0)
image = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)  # of images in [0, 1]
std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
batch = (image - mean) / std  # no error
right = (image / 255 - mean) / std
print(f"largest input: {batch.max():.0f}, as in training: {right.max():.1f}")
assert batch.max() > 1000
assert right.max() < 3
