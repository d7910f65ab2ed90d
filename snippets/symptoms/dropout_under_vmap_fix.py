import torch
from torch import nn
from torch.func import functional_call, grad, vmap

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
batch = torch.randn(8, 4)
parameters = dict(model.named_parameters())


def loss(parameters, sample):
    return functional_call(model, parameters, sample).square().sum()


masks = {}
for randomness in ("different", "same"):
    gradients = vmap(grad(loss), (None, 0), randomness=randomness)(parameters, batch)
    masks[randomness] = {tuple(row.tolist()) for row in gradients["0.bias"] == 0}
    print(randomness, "- masks for 8 samples:", len(masks[randomness]))
assert len(masks["same"]) == 1
assert len(masks["different"]) > 1
model.eval()  # nothing random is left: no argument is needed
vmap(grad(loss), (None, 0))(parameters, batch)
