from torch.nn.utils.parametrize import register_parametrization


def largest(weight):
    return f"{torch.linalg.matrix_norm(weight, 2):.2f}"


torch.manual_seed(0)
linear = nn.Linear(64, 32)
print("largest singular value:", largest(linear.weight))
register_parametrization(linear, "weight", SpectralNorm(linear.weight))
for _ in range(100):
    _ = linear.weight  # each access in training mode is one power iteration
print("after 100 accesses:", largest(linear.weight))

a, b = torch.randn(2, 1000, 64)
slope = (linear(a) - linear(b)).norm(dim=1) / (a - b).norm(dim=1)
print("no pair of inputs moves further apart:", bool((slope <= 1).all()))
