import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(100):
    batch = torch.randn(32, 4)
    if step == 10:
        batch[0, 0] = float("nan")  # one bad number in one batch
    loss = model(batch).square().mean()
    if loss.isfinite():  # the step is skipped, as a GradScaler would
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print(f"last training loss: {loss:.3f}")
print(
    "running_mean:", [f"{m:.1f}" for m in model.eval()[0].running_mean.abs().tolist()]
)
assert loss.isfinite()
assert model(batch).isnan().all()
