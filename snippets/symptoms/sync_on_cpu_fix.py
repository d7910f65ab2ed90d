import tempfile

import torch
import torch.distributed as dist
from synchronize import SyncBatchNorm

model = SyncBatchNorm(4)


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    ddp = torch.nn.parallel.DistributedDataParallel(model)
    torch.manual_seed(0)
    whole = torch.randn(16, 4)  # the same in both ranks; each takes its half
    output = ddp(whole.chunk(2)[rank])
    expected = torch.nn.BatchNorm1d(4)(whole).chunk(2)[rank]
    if rank == 0:
        same = torch.allclose(output, expected, atol=1e-5)
        print("as one process with the whole batch:", same)
    assert torch.allclose(output, expected, atol=1e-5)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (tempfile.mkdtemp(),), nprocs=2)
