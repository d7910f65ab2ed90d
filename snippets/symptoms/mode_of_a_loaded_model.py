import io

import torch
from torch import nn

torch.manual_seed(0)
trained = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5)).eval()
file = io.BytesIO()
torch.save(trained.state_dict(), file)
file.seek(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))
model.load_state_dict(torch.load(file))
batch = torch.randn(8, 4)
print("saved in training mode:", trained.training, " loaded:", model.training)
print("same output twice:", torch.equal(model(batch), model(batch)))
assert model.training
assert not torch.equal(model(batch), model(batch))
