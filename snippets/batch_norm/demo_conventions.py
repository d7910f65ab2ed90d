import torch
from torch import nn


def from_keras(gamma, beta, moving_mean, moving_variance, momentum=0.99, epsilon=1e-3):
    """Return the torch layer of a Keras BatchNormalization; also for Flax, Paddle."""
    layer = nn.BatchNorm1d(len(gamma), eps=epsilon, momentum=1 - momentum)
    layer.load_state_dict(
        {
            "weight": gamma,
            "bias": beta,
            "running_mean": moving_mean,
            "running_var": moving_variance,
            "num_batches_tracked": torch.tensor(0),
        }
    )
    return layer


torch.manual_seed(0)
gamma, beta = torch.ones(3), torch.zeros(3)
mean, var = torch.tensor([0.0, 5.0, 1.0]), torch.tensor([1.0, 4.0, 0.001])
x = mean + var.sqrt() * torch.randn(64, 3)
layer = from_keras(gamma, beta, mean, var)

wanted = (x - mean) / torch.sqrt(var + 1e-3)  # what Keras computes
print("evaluation agrees:", torch.allclose(layer.eval()(x), wanted, atol=1e-5))
layer.eps = 1e-5  # PyTorch's default, left in by mistake
ratio = (layer(x) / wanted).mean(0)
print("ratio with eps=1e-5:", [round(one, 2) for one in ratio.tolist()])

layer.train()(x)
moved = 0.99 * mean + 0.01 * x.mean(0)  # Keras's update
print("running_mean agrees:", torch.allclose(layer.running_mean, moved))
biased = 0.99 * var + 0.01 * x.var(0, correction=0)
unbiased = 0.99 * var + 0.01 * x.var(0, correction=1)
print("running_var is Keras's:", torch.allclose(layer.running_var, biased, rtol=1e-5))
print("running_var is unbiased:", torch.allclose(layer.running_var, unbiased))
