import torch

torch.manual_seed(0)
x = torch.randn(500, 2, dtype=torch.float64)
x = x - x.mean(0)
left, _, right = torch.linalg.svd(x, full_matrices=False)
x = 500**0.5 * left @ right  # whitened: x.T @ x / N is the identity
y = x @ torch.ones(2, dtype=torch.float64)

for factor, limit in ((1, 1.0), (0.5, 2.0)):  # of the mean squared error
    for rate in (0.99 * limit, 1.01 * limit):
        w = torch.zeros(2, dtype=torch.float64)
        for _ in range(1000):
            w -= rate * factor * 2 / len(x) * x.T @ (x @ w - y)
        loss = factor * (x @ w - y).square().mean().item()
        outcome = "falls" if loss < 1e-6 else "grows"
        print(f"{factor} times the loss, rate {rate:.2f}: {outcome}")
