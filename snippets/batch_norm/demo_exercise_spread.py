import torch

torch.manual_seed(0)
x = torch.linspace(-1, 1, 200).unsqueeze(1)  # (N, 1)
still = torch.linspace(-1, 1, 10) + 0.01 * x  # ten constants, almost
moving = torch.tanh(x @ torch.randn(1, 10) + torch.randn(10))
for name, h in (("still", still), ("moving", moving)):  # (N, 10)
    within = h.var(0, correction=0).mean() / h.var(correction=0)
    print(f"{name:6}  all values: std {h.std():.2f}   within units: {within:.1%}")
