import torch
from torch import nn

torch.manual_seed(0)
x = torch.empty(2048, 2).uniform_(-1, 1) * torch.tensor([200.0, 10.0])
mean, std = x.mean(0), x.std(0, correction=0)  # of the whole training set
layer = nn.BatchNorm1d(2)
sample, outputs, errors = x[1:2], [], []
for _ in range(50):
    for batch in x[torch.randperm(len(x))].split(64):
        y = layer(torch.cat([sample, batch[1:]]))  # the sample in every batch
        outputs.append(y[0, 0].item())
        errors.append(((layer.running_mean - mean) / std).abs().max().item())

fixed = ((sample - mean) / std)[0, 0].item()
print(f"one sample, fixed statistics: {fixed:.2f}")
print(f"in {len(outputs)} batches: {min(outputs):.2f} to {max(outputs):.2f}")
late = torch.tensor(errors[-100:]).mean().item()
print(f"running mean off by {late:.2f} standard deviations, on average")
