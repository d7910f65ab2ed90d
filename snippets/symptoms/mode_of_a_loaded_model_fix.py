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
model.eval()  # the mode is not in the state_dict: set it before each use
batch = torch.randn(8, 4)
print("same output twice:", torch.equal(model(batch), model(batch)))
assert torch.equal(model(batch), model(batch))
assert torch.equal(model(batch), trained(batch))
