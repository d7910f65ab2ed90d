x = torch.randn(64, 5, dtype=torch.float64)
weight = torch.ones(5, dtype=torch.float64)
grad_output = torch.randn_like(x)
x_hat = (x - x.mean(0)) / x.std(0, correction=0)


def output(x):
    return torch.nn.functional.batch_norm(x, None, None, training=True)


print("all values + 3:        ", torch.allclose(output(x + 3), output(x)))
stretched = x + 0.5 * x_hat
print(
    "along x_hat:           ", torch.allclose(output(stretched), output(x), atol=1e-4)
)
d_x, _, _ = gradients_by_projection(grad_output, x, weight)
print("gradient along 1:      ", d_x.sum(0).abs().max().item() < 1e-12)
print("gradient along x_hat:  ", (d_x * x_hat).sum(0).abs().max().item() < 1e-3)
print("upstream had both:     ", grad_output.sum(0).abs().max().item() > 1)
