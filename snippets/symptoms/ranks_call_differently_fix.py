import tempfile

import torch
import torch.distributed as dist
from synchronize import SyncBatchNorm

model = SyncBatchNorm(4)


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    x = torch.ones(8, 4) if rank == 0 else torch.zeros(0, 4)
    y = model(x)  # a rank without data takes part as well, with an empty batch
    if rank == 0:
        print("ran on both ranks:", tuple(y.shape))
    assert model.num_batches_tracked == 1
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (tempfile.mkdtemp(),), nprocs=2)
