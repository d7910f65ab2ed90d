import torch
from torch import nn


class WrongBatchNorm(nn.Module):
    """Keeps its running statistics as plain tensors."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.running_mean = torch.zeros(num_features)  # wrong: no register_buffer
        self.running_var = torch.ones(num_features)

    def forward(self, x):
        return nn.functional.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            self.momentum,
            self.eps,
        )


torch.manual_seed(0)
trained, loaded = WrongBatchNorm(2), WrongBatchNorm(2)
for _ in range(50):
    trained(5 + torch.randn(32, 2))
loaded.load_state_dict(trained.state_dict())  # no error

print("saved:", list(trained.state_dict()))
print("running_mean, trained:", trained.running_mean)
print("running_mean, loaded: ", loaded.running_mean)
