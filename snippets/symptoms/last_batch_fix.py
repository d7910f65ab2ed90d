import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8))
data = TensorDataset(torch.randn(65, 4))
loader = DataLoader(data, batch_size=16, shuffle=True, drop_last=True)
sizes = [len(model(x)) for (x,) in loader]
print("training batches:", sizes)
assert sizes == [16] * 4
model.eval()  # evaluation needs every sample, and a batch of one is no problem there
seen = sum(len(model(x)) for (x,) in DataLoader(data, batch_size=16))
print("samples evaluated:", seen)
assert seen == 65
