import torch
from torch import nn


class WrongBatchNorm(nn.BatchNorm1d):
    """Asks whether gradients are on, where it should ask self.training."""

    def forward(self, x):
        if torch.is_grad_enabled():  # wrong
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, True
            )
        return nn.functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, False
        )


torch.manual_seed(0)
x = torch.randn(8, 2)
for layer in (nn.BatchNorm1d(2).eval(), WrongBatchNorm(2).eval()):
    alone = layer(x[:2])[0]  # the first sample in a batch of 2 …
    among = layer(x)[0]  # … and in a batch of 8
    print(type(layer).__name__, "in eval(), same output:", torch.allclose(alone, among))
