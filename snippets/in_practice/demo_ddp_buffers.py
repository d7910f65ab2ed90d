import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def two_steps(rank: int, file: str, answers: mp.Queue) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{file}", rank=rank, world_size=2)
    for synced in (True, False):
        torch.manual_seed(rank)  # data of its own, around 0 or around 10
        norm, linear = nn.BatchNorm1d(1, momentum=0.5), nn.Linear(1, 1)
        net = nn.Sequential(norm, linear)
        model = DistributedDataParallel(net, forward_sync_buffers=synced)
        for _ in range(2):
            model.zero_grad()
            model(10 * rank + torch.randn(64, 1)).square().mean().backward()
        gradient, mean = linear.weight.grad.item(), norm.running_mean.item()
        answers.put((not synced, rank, gradient, mean))
    dist.barrier()  # nobody leaves while another still talks
    dist.destroy_process_group()


start = mp.get_context("fork")  # a program of its own: mp.spawn, or torchrun
with tempfile.TemporaryDirectory() as folder:
    answers = start.SimpleQueue()
    ranks = [
        start.Process(target=two_steps, args=(rank, f"{folder}/meet", answers))
        for rank in range(2)
    ]
    [rank.start() for rank in ranks]
    [rank.join() for rank in ranks]
for off, rank, gradient, mean in sorted(answers.get() for _ in range(4)):
    print(f"forward_sync_buffers={not off!s:5} rank {rank}:", end=" ")
    print(f"gradient {gradient:.3f}, running_mean {abs(mean):.1f}")
