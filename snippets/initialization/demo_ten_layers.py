import torch

for std in (0.01, 1.0, 200**-0.5):
    torch.manual_seed(0)
    x = torch.randn(500, 200)  # (N, C)
    for _ in range(10):
        x = torch.tanh(x @ (std * torch.randn(200, 200)))
    saturated = (x.abs() > 0.97).float().mean()
    print(f"std {std:<6.3g} layer 10: {x.std():.1e}, saturated: {saturated:.0%}")
