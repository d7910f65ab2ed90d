import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(3)
batch = torch.randn(64, 3)
model.running_mean.copy_(batch.mean(0))
model.running_var.copy_(batch.var(0, correction=0))  # so that the outputs are equal
outputs, gradients = [], []
for training in (False, True):
    model.train(training)
    x = batch.clone().requires_grad_()
    outputs.append(model(x))
    outputs[-1].square().sum().backward()
    gradients.append(x.grad.abs().max())
print("same output:", torch.allclose(*outputs, atol=1e-5))
print(f"largest gradient in eval(): {gradients[0]:.1f}")
print("a thousand times smaller in train():", bool(gradients[1] < gradients[0] / 1000))
assert torch.allclose(*outputs, atol=1e-5)
assert gradients[0] > 1000 * gradients[1]
