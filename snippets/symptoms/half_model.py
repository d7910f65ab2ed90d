import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4)).half()  # parameters and buffers
batch = torch.randn(32, 4, dtype=torch.float16) * 600  # variance 360000 > 65504
for _ in range(3):
    train = model(batch)
print("running_var:", model[0].running_var.tolist())
evaluated = model.eval()(batch)
print(f"std of the output: train() {train.std():.2f}, eval() {evaluated.std():.2f}")
assert model[0].running_var.isinf().all()
assert (evaluated == 0).all()
