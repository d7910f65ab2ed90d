import torch
from torch import nn

torch.manual_seed(0)
old = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16))
model = nn.Sequential(nn.Linear(8, 16, bias=False), nn.BatchNorm1d(16))
state = old.state_dict()
bias = state.pop("0.bias")
# An old checkpoint: eval() needs the constant there.
state["1.running_mean"] = state["1.running_mean"] - bias
model.load_state_dict(state)
batch = torch.randn(64, 8)
same = torch.allclose(model.eval()(batch), old.eval()(batch), atol=1e-6)
print("same output in eval():", same)
assert same
assert torch.allclose(model.train()(batch), old.train()(batch), atol=1e-5)
