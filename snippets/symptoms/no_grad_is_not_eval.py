import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))
batch = torch.randn(64, 4) + 3
for eval_ in (False, True):
    for no_grad in (False, True):
        model.train(not eval_)
        before = model[0].num_batches_tracked.clone()
        with torch.set_grad_enabled(not no_grad):
            first, second = model(batch), model(batch)
        moved = bool(model[0].num_batches_tracked > before)
        random, tape = not torch.equal(first, second), first.requires_grad
        print(f"{eval_=!s:5} {no_grad=!s:5}: {moved=!s:5} {random=!s:5} {tape=!s:5}")
        assert moved == random == (not eval_)  # the mode decides, and it alone
        assert tape == (not no_grad)
