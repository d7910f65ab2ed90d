import torch
import torch.nn.functional as F
from torch import nn


class Wrong(nn.Module):
    def forward(self, x):
        return F.dropout(x, p=0.5)  # training=True is the default


class Right(nn.Module):
    def forward(self, x):
        return F.dropout(x, p=0.5, training=self.training)


torch.manual_seed(0)
x = torch.ones(1000)
for model in (Wrong().eval(), Right().eval()):
    zeros = (model(x) == 0).float().mean()
    print(f"{type(model).__name__:6} in eval: {zeros:.1f} of the values are zero")
with torch.no_grad():
    zeros = (nn.Dropout(0.5)(x) == 0).float().mean()
print(f"nn.Dropout, no_grad() without eval(): {zeros:.1f} of the values are zero")
