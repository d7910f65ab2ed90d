import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_swa_multi_avg_fn

net = nn.BatchNorm1d(1)
for name, function in (("default", None), ("multi_avg_fn", get_swa_multi_avg_fn())):
    average = AveragedModel(net, multi_avg_fn=function, use_buffers=True)
    try:
        for _ in range(3):
            net(torch.randn(8, 1))
            average.update_parameters(net)
        counter = average.module.num_batches_tracked.item()
        print(f"{name}: counter {counter} of {net.num_batches_tracked.item()}")
    except RuntimeError as error:
        print(f"{name}: {str(error).split(' and ')[0]}")
