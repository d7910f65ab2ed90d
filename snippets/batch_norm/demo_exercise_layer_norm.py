import torch

torch.manual_seed(0)
x = torch.randn(6, 32, dtype=torch.float64, requires_grad=True)
grad_output = torch.randn_like(x)
y = torch.nn.functional.layer_norm(x, (32,))
(expected,) = torch.autograd.grad(y, x, grad_output)

with torch.no_grad():
    inv_std = torch.rsqrt(x.var(1, correction=0, keepdim=True) + 1e-5)
    x_hat = (x - x.mean(1, keepdim=True)) * inv_std
    along_one = grad_output.mean(1, keepdim=True)
    along_x_hat = x_hat * (grad_output * x_hat).mean(1, keepdim=True)
    d_x = inv_std * (grad_output - along_one - along_x_hat)
print(torch.allclose(d_x, expected))
