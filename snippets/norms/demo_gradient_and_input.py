import torch

torch.manual_seed(0)
x = torch.empty(500, 2).uniform_(-1, 1) * torch.tensor([200.0, 10.0])
y = x[:, 0] / 200 + x[:, 1] / 10  # both features matter equally

for weights in ([0.005, 0.1], [0.1, 0.005], [0.1, 0.1]):
    w = torch.tensor(weights)
    error = x @ w - y + 0.1 * torch.randn(500)
    each = 2 * error[:, None] * x  # (N, 2), the gradient from each sample
    size = each.square().mean(0).sqrt()
    print(f"weights {weights}:  wide / narrow gradient {size[0] / size[1]:.0f}")
