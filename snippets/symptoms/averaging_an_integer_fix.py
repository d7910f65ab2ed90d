import copy

import torch
from torch import nn

student = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2))
model = copy.deepcopy(student)
student(torch.randn(8, 4))
with torch.no_grad():
    for mine, other in zip(
        model.state_dict().values(), student.state_dict().values(), strict=True
    ):
        if mine.is_floating_point():
            mine.lerp_(other, 0.1)
        else:
            mine.copy_(other)  # num_batches_tracked: a count, not an average
print("batches counted:", int(model[0].num_batches_tracked))
assert torch.allclose(model[0].running_mean, 0.1 * student[0].running_mean)
