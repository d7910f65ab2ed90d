import torch
from torch import nn

old = nn.Sequential(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4, track_running_stats=True))
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4))
state = {
    key: value
    for key, value in old.state_dict().items()
    if not key.endswith(("running_mean", "running_var", "num_batches_tracked"))
}
model.load_state_dict(state)  # strict: everything else has to match
print("loaded:", list(state))
batch = torch.randn(2, 3, 8, 8)
assert torch.equal(model(batch), old.train()(batch))
