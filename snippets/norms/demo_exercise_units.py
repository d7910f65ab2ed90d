import torch

torch.manual_seed(0)
x = torch.randn(500, 2, dtype=torch.float64)
for name, scale in (("both in metres", 1), ("one in millimetres", 1000)):
    inputs = x * torch.tensor([scale, 1])
    low, high = torch.linalg.eigvalsh(2 * inputs.T @ inputs / len(x))
    print(f"{name:19} condition {high / low:.1e}   largest rate {2 / high:.1e}")
