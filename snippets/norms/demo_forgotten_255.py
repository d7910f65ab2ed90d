import torch

torch.manual_seed(0)
image = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)  # (N, C, H, W)
mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)  # of ImageNet, for 0 … 1
std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)

for name, x in (("forgotten", image.float()), ("divided by 255", image / 255)):
    z = (x - mean) / std
    print(f"{name:15} mean {z.mean():6.1f}   largest {z.max():7.1f}")
