torch.manual_seed(0)
x = torch.randn(8, 3, 4, 4, dtype=torch.float64, requires_grad=True)
weight = torch.rand(3, dtype=torch.float64, requires_grad=True)
bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
grad_output = torch.randn_like(x)  # what comes back from the layers above

y = torch.nn.functional.batch_norm(x, None, None, weight, bias, training=True)
expected = torch.autograd.grad(y, (x, weight, bias), grad_output)

for way in (gradients_step_by_step, gradients_by_projection, gradients_by_autograd):
    results = way(grad_output, x.detach(), weight.detach())
    same = [torch.allclose(r, e) for r, e in zip(results, expected, strict=True)]
    print(f"{way.__name__:24}", same)
