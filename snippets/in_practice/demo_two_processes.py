import tempfile

import torch.multiprocessing as mp


def one_step(rank: int, file: str, batch: Tensor, answers: mp.Queue) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{file}", rank=rank, world_size=2)
    own = batch[:40] if rank == 0 else batch[40:]  # unequal on purpose
    for layer in (nn.BatchNorm1d(1, momentum=1.0), SyncBatchNorm(1, momentum=1.0)):
        layer(own)
        answers.put((type(layer).__name__, rank, layer.running_mean.item()))
    dist.barrier()  # nobody leaves while another still talks
    dist.destroy_process_group()


torch.manual_seed(0)
batch = torch.randn(64, 1) + torch.linspace(0, 4, 64).unsqueeze(1)
start = mp.get_context("fork")  # a program of its own: mp.spawn, or torchrun
with tempfile.TemporaryDirectory() as folder:
    answers = start.SimpleQueue()
    ranks = [
        start.Process(target=one_step, args=(rank, f"{folder}/meet", batch, answers))
        for rank in range(2)
    ]
    [rank.start() for rank in ranks]
    [rank.join() for rank in ranks]
for name, rank, mean in sorted(answers.get() for _ in range(4)):
    print(f"{name:13} rank {rank}: running_mean {mean:.4f}")
print(f"the whole batch in one process:    {batch.mean():.4f}")
