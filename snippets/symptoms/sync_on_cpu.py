import tempfile

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

model = torch.nn.SyncBatchNorm(4)
batch = torch.randn(8, 4)


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    for call, x in ((model, batch), (DistributedDataParallel, model)):
        try:
            call(x)
        except ValueError as error:
            if rank == 0:
                print(error)
            assert "GPU" in str(error)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    print("one process:", tuple(model(batch).shape))  # there it is plain batch norm
    torch.multiprocessing.spawn(work, (tempfile.mkdtemp(),), nprocs=2)
