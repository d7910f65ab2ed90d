import torch
from torch import nn

torch.manual_seed(0)
x, target = torch.randn(64, 8), torch.randn(64, 4)
norm = nn.BatchNorm1d(4)


def loss_and_gradient(weight):
    weight = weight.clone().requires_grad_()
    loss = (norm(x @ weight.T) - target).square().mean()
    return loss, torch.autograd.grad(loss, weight)[0]


weight = torch.randn(4, 8)
loss, gradient = loss_and_gradient(weight)
loss_10, gradient_10 = loss_and_gradient(10 * weight)
print(f"loss with W and 10 W:  {loss:.4f}  {loss_10:.4f}")
print(f"gradient's norm:       {gradient.norm():.4f}  {gradient_10.norm():.4f}")
cosine = (weight * gradient).sum() / weight.norm() / gradient.norm()
print("at right angles to W: ", cosine.abs().item() < 1e-4)
