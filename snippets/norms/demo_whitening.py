import torch

torch.manual_seed(0)
x = torch.randn(1000, 2, dtype=torch.float64)
x[:, 1] = 0.95 * x[:, 0] + 0.31 * x[:, 1]  # correlated
z = (x - x.mean(0)) / x.std(0, correction=0)

variances, axes = torch.linalg.eigh(z.T @ z / len(z))
pca = z @ axes / variances.sqrt()  # rotated onto the principal axes
zca = pca @ axes.T  # and back: as near to z as a white one gets
for name, values in (("standardized", z), ("PCA", pca), ("ZCA", zca)):
    covariance = values.T @ values / len(values)
    print(f"{name:13} covariance {covariance[0, 1].abs():.2f}", end="   ")
    print(f"distance from z {(values - z).square().mean().sqrt():.2f}")
