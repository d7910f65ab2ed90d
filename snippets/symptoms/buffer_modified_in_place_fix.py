import tempfile

import torch
import torch.distributed as dist

model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    ddp = torch.nn.parallel.DistributedDataParallel(model)  # broadcasts its buffers
    real, fake = torch.randn(8, 4), torch.randn(8, 4)
    (ddp(real) - ddp(fake)).square().sum().backward()
    if rank == 0:
        print("two forwards, then backward: no error")
    first, second = ddp(torch.cat([real, fake])).chunk(2)
    (first - second).square().sum().backward()
    if rank == 0:
        print("one forward of both: no error")
    assert all(p.grad.isfinite().all() for p in model.parameters())
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    model.eval()(torch.randn(8, 4)).square().mean().backward()
    model[1].running_var.copy_(torch.ones(4))  # after backward
    print("one process, backward first, then the buffers: no error")
    torch.multiprocessing.spawn(work, (tempfile.mkdtemp(),), nprocs=2)
