import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8))
batch = torch.randn(1, 4)
loader = DataLoader(TensorDataset(torch.randn(65, 4)), batch_size=16)
for step, (x,) in enumerate(loader):
    try:
        model(x)
    except ValueError as error:
        said = str(error)
        print(f"step {step} of {len(loader)}, {len(x)} sample: {said}")
assert step == len(loader) - 1
assert "Expected more than 1 value per channel" in said
