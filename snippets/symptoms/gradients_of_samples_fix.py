import torch
from torch import nn
from torch.func import functional_call, grad, vmap

torch.manual_seed(0)
batch = torch.randn(8, 4).double()  # to compare exactly
frozen = nn.BatchNorm1d(4).eval()  # its statistics are constants now
for norm in (nn.GroupNorm(2, 4), frozen):
    model = nn.Sequential(nn.Linear(4, 4), norm, nn.Linear(4, 4)).double()

    def loss(parameters, x, model=model):
        return functional_call(model, parameters, x).square().sum()

    def one(parameters, sample, loss=loss):
        return loss(parameters, sample.unsqueeze(0))

    parameters = dict(model.named_parameters())
    each = vmap(grad(one), (None, 0))(parameters, batch)
    whole = grad(loss)(parameters, batch)
    for name in whole:
        assert torch.allclose(each[name].sum(0), whole[name])
    print(type(norm).__name__, "gradients of the samples add up to that of the batch")
