import tempfile

import torch
import torch.distributed as dist
from synchronize import SyncBatchNorm  # on GPUs nn.SyncBatchNorm does the same

model = SyncBatchNorm(1)


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    torch.manual_seed(rank)
    ddp = torch.nn.parallel.DistributedDataParallel(model)
    for _ in range(50):  # the data of rank 0 have mean 2, those of rank 1 mean 10
        ddp(torch.randn(256, 1) + (2, 10)[rank])
    means = [torch.zeros(1), torch.zeros(1)]
    dist.all_gather(means, model.running_mean)
    if rank == 0:
        print("running_mean of rank 0 and 1:", [f"{m.item():.1f}" for m in means])
        assert all(abs(mean - 6) < 0.2 for mean in means)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (tempfile.mkdtemp(),), nprocs=2)
