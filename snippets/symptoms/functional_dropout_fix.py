import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return F.dropout(self.lin(x), 0.5, training=self.training)


torch.manual_seed(0)
model, batch = Net().eval(), torch.randn(4, 8)
print("same output twice in eval():", torch.equal(model(batch), model(batch)))
assert torch.equal(model(batch), model(batch))
assert not torch.equal(model.train()(batch), model(batch))
