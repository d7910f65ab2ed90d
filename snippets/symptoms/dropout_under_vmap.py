import torch
from torch import nn
from torch.func import functional_call, grad, vmap

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
batch = torch.randn(8, 4)


def loss(parameters, sample):
    return functional_call(model, parameters, sample).square().sum()


try:
    vmap(grad(loss), (None, 0))(dict(model.named_parameters()), batch)
except RuntimeError as error:
    said = str(error)
print(said)
assert "randomness error mode" in said
