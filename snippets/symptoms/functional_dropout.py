import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return F.dropout(self.lin(x), 0.5)


torch.manual_seed(0)
model, batch = Net().eval(), torch.randn(4, 8)
zeros = (model(batch) == 0).float().mean()
print("same output twice in eval():", torch.equal(model(batch), model(batch)))
print("some outputs are 0:", bool(zeros > 0))
assert not torch.equal(model(batch), model(batch))
