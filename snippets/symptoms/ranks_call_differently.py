import tempfile
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import _set_pg_timeout as set_timeout


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    group = dist.new_group()  # with 5 seconds here a slow start would fail as well
    set_timeout(timedelta(seconds=5), group)  # by default 30 minutes
    if rank == 0:  # a branch in forward, or one more validation batch, on one rank only
        try:  # every synchronized batch norm does this in its forward
            said = dist.all_reduce(torch.zeros(4), group=group)
        except RuntimeError as error:
            said = str(error)
        assert said and "Timed out" in said
        print(said[said.index("Timed out") :])
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (tempfile.mkdtemp(),), nprocs=2)
