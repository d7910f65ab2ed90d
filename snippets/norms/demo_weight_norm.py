from torch.nn.utils.parametrize import register_parametrization

torch.manual_seed(0)
linear = nn.Linear(64, 3, bias=False)
register_parametrization(linear, "weight", WeightNorm())
length = linear.parametrizations.weight.original0  # g
direction = linear.parametrizations.weight.original1  # v

with torch.no_grad():
    length.copy_(torch.tensor([[1.0], [2.0], [3.0]]))
    before = linear.weight.clone()
    direction.mul_(10)
lengths = linear.weight.detach().norm(dim=1)
print("lengths of the rows:", [round(one, 3) for one in lengths.tolist()])
print("10 v gives the same weight:", torch.allclose(before, linear.weight))

y = linear(5 + torch.randn(10_000, 64)).detach()
print("means of the outputs:", [round(mean, 1) for mean in y.mean(0).tolist()])
