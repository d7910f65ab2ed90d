import torch
from torch import nn

torch.manual_seed(0)
x, target = torch.randn(64, 8), torch.randn(64, 4)
linear, norm = nn.Linear(8, 4), nn.BatchNorm1d(4)


def output_and_gradients():
    linear.zero_grad()
    y = norm(linear(x))
    ((y - target) ** 2).mean().backward()
    return y.detach(), linear.weight.grad.clone(), linear.bias.grad.clone()


y, gradient, of_bias = output_and_gradients()
cosine = torch.cosine_similarity(linear.weight, gradient, dim=1)
with torch.no_grad():
    linear.weight.mul_(10)
same, tenth, _ = output_and_gradients()

print("same output from 10 W:     ", torch.allclose(y, same, atol=1e-3))
print(f"gradient at 10 W over at W: {tenth.norm() / gradient.norm():.4f}")
print("orthogonal to W:           ", cosine.abs().max().item() < 1e-3)
print("gradient of the bias is 0: ", of_bias.abs().max().item() < 1e-6)
