import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)
student = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2))
average = get_ema_multi_avg_fn(0.9)
model = AveragedModel(student, multi_avg_fn=average, use_buffers=True)
batch = torch.randn(64, 4) * 3 + 10
for _ in range(100):
    student(batch)
    model.update_parameters(student)
means = [f"{m[0].running_mean.mean():.1f}" for m in (student, model.module)]
print("running_mean of student and teacher:", means)
apart = (student.eval()(batch) - model.eval()(batch)).abs().max()
print(f"outputs in eval(): {apart:.1f} apart")
assert apart < 0.1
