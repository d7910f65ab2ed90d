import copy

import torch
from torch import nn

student = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2))
model = copy.deepcopy(student)
batch = torch.randn(8, 4)
student(batch)
try:
    with torch.no_grad():
        for mine, other in zip(
            model.state_dict().values(), student.state_dict().values(), strict=True
        ):
            mine.mul_(0.9).add_(0.1 * other)
except RuntimeError as error:
    said = str(error)
print(said)
assert "can't be cast" in said
