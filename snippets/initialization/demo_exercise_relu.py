import torch

torch.manual_seed(0)
z = torch.randn(1_000_000)
y = torch.relu(z)
print(f"E[relu(z)²]  = {y.square().mean():.3f}")
print(f"Var[relu(z)] = {y.var():.3f}, (1 − 1/π) / 2 = {(1 - 1 / torch.pi) / 2:.3f}")
