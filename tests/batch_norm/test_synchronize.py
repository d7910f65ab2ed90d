"""`SyncBatchNorm` on two ranks is `nn.BatchNorm` on one process with the whole batch.

`python -m tests.batch_norm.test_synchronize` with a rank and a folder is one of two
gloo processes: it runs the functions in `SCENARIOS` and leaves what they return in the
folder. The tests compare that with one process. Ranks that hang are killed, and fail.
"""

import copy
import inspect
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.testing import assert_close

from snippets.batch_norm.synchronize import SumOverRanks, SyncBatchNorm

ROOT = Path(__file__).resolve().parents[2]
TWINS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
TOLERANCE = {
    torch.float64: {"rtol": 1e-9, "atol": 1e-10},
    torch.float32: {"rtol": 1e-4, "atol": 1e-4},
    # One rounding of results up to 10 and of gradients that add up 40 of them.
    torch.float16: {"rtol": 4e-3, "atol": 2e-2},
    torch.bfloat16: {"rtol": 3e-2, "atol": 2e-1},
}

# What a rank does


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(shape, generator=generator, dtype=torch.float64) + 0.5).to(
        dtype
    )


def share(whole: Tensor, sizes: tuple[int, int], rank: int | None) -> Tensor:
    """The samples of a rank, or all."""
    return whole if rank is None else whole.split(list(sizes))[rank]


def case(shape: tuple[int, ...], sizes: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {
        "shape": (sum(sizes), *shape),
        "sizes": sizes,
        "dtype": torch.float64,
    } | more


ON_A_GPU = case((3, 4, 5), (3, 2), device="cuda")
CASES = {
    "unequal": case((3, 4), (5, 2)),
    "vectors": case((3,), (4, 3)),
    "images": case((3, 4, 5), (3, 2)),
    "volumes": case((2, 2, 3, 4), (1, 3)),
    "nothing on rank 0": case((3, 4), (0, 6)),
    "nothing on rank 1": case((3, 4), (6, 0)),
    "nothing at all": case((3, 4), (0, 0)),
    "one sample each": case((3,), (1, 1)),
    "no affine": case((3, 4), (5, 2), options={"affine": False}),
    "no bias": case((3, 4), (5, 2), options={"bias": False}),
    "no statistics": case((3, 4), (5, 2), options={"track_running_stats": False}),
    "plain average": case((3, 4), (5, 2), options={"momentum": None}),
    "statistics switched off": case((3, 4), (5, 2), switch_off=True),
    "large momentum": case((3, 4), (5, 2), options={"momentum": 0.9, "eps": 0.1}),
    "channels last": case((3, 4, 5), (3, 2), layout="channels_last"),
    "strided": case((3, 4, 5), (3, 2), layout="strided"),
    "float32": case((3, 4), (5, 2), dtype=torch.float32),
    "float16": case((3, 4), (5, 2), dtype=torch.float16),
    "bfloat16": case((3, 4), (5, 2), dtype=torch.bfloat16),
    "float16, nothing on rank 1": case((3, 4), (5, 0), dtype=torch.float16),
}
for seed in range(30):
    choose = random.Random(seed)
    CASES[f"random {seed}"] = case(
        tuple(choose.randint(1, 4) for _ in range(choose.randint(1, 4))),
        (choose.randint(0, 5), choose.randint(2, 5)),
        options={"affine": choose.random() < 0.7, "eps": choose.choice([1e-5, 0.1])},
        seed=seed,
    )


def run_case(
    make: Callable[..., nn.Module], spec: dict[str, Any], rank: int | None
) -> dict[str, Any]:
    """Two training steps and an evaluation, with the samples of this rank."""
    dtype, half = spec["dtype"], spec["dtype"].itemsize == 2
    layer = make(spec["shape"][1], **spec.get("options", {}))
    device = spec.get("device", "cpu") if rank is not None else "cpu"
    layer.to(device, torch.float32 if half else dtype)
    for i, parameter in enumerate(layer.parameters()):
        parameter.data.copy_(normal(*parameter.shape, seed=50 + i))
    if spec.get("switch_off"):
        layer.track_running_stats = False  # the buffers stay
    found: dict[str, Any] = {"y": [], "x.grad": []}
    for step in range(2):
        x = normal(*spec["shape"], seed=spec.get("seed", 0) + 10 * step, dtype=dtype)
        grad = normal(*spec["shape"], seed=20 + step, dtype=dtype)
        x = share(x, spec["sizes"], rank).clone()
        if spec.get("layout") == "channels_last":
            x = x.contiguous(memory_format=torch.channels_last)
        if spec.get("layout") == "strided":
            x = x.repeat_interleave(2, dim=-1)[..., ::2]
        x = x.to(device).requires_grad_()
        y = layer(x)
        y.backward(share(grad, spec["sizes"], rank).to(device))
        found["y"].append(y.detach())
        found["x.grad"].append(x.grad)
        found["dtype"] = y.dtype
    found["parameters"] = {k: p.grad for k, p in layer.named_parameters()}
    found["buffers"] = dict(layer.named_buffers())
    if spec.get("options", {}).get("track_running_stats", True):
        x = normal(*spec["shape"], seed=30, dtype=dtype)
        x = share(x, spec["sizes"], rank).to(device)
        found["y"].append(layer.eval()(x).detach())
    return found


class MeanOfMoments(SyncBatchNorm):
    """The mean of the ranks' means and variances, whatever their sizes."""

    def forward(self, x: Tensor) -> Tensor:
        shape, dims = (-1, *[1] * (x.ndim - 2)), [0, *range(2, x.ndim)]
        mean = SumOverRanks.apply(x.mean(dims), None) / 2
        var = SumOverRanks.apply(x.var(dims, correction=0), None) / 2
        y = (x - mean.view(shape)) / (var.view(shape) + self.eps).sqrt()
        return y * self.weight.view(shape) + self.bias.view(shape)


class LocalGradient(SyncBatchNorm):
    """The right output; the gradient forgets what the other rank's loss adds."""

    def forward(self, x: Tensor) -> Tensor:
        apply, SumOverRanks.apply = SumOverRanks.apply, forget
        try:
            return super().forward(x)
        finally:
            SumOverRanks.apply = apply


def forget(x: Tensor, group: Any) -> Tensor:
    total = x.detach().clone()
    dist.all_reduce(total, group=group)
    return x + (total - x).detach()


WRONG = {"mean of moments": MeanOfMoments, "local gradient": LocalGradient}


def small_net(norm: type[nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv1d(2, 3, 3), norm(3), nn.ReLU(), nn.Conv1d(3, 4, 1), norm(4)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(8, 1)).double()


def train_net(net: nn.Module, sizes: tuple[int, int], rank: int | None) -> Any:
    """Gradients of the summed loss, by name without DDP's prefix."""
    x = share(normal(sum(sizes), 2, 4), sizes, rank)
    net(x).sin().sum().backward()
    named = net.named_parameters()
    return {name.removeprefix("module."): p.grad for name, p in named}


def penalty(layer: nn.Module, sizes: tuple[int, int], rank: int | None) -> Any:
    """A second derivative: the gradient of the squared gradient."""
    x = share(normal(sum(sizes), 3, 4), sizes, rank).clone().requires_grad_()
    (first,) = torch.autograd.grad(layer(x).sin().sum(), x, create_graph=True)
    first.square().sum().backward()
    return x.grad


def refused(action: Callable[[], Any]) -> str:
    try:
        action()
    except (ValueError, TypeError) as error:
        return str(error)
    return "not refused"


def ddp_refused(rank: int) -> str:
    del rank
    layer = nn.SyncBatchNorm(3)
    return refused(lambda: DistributedDataParallel(nn.Sequential(layer)))


def subgroups(rank: int) -> dict[str, Tensor]:
    """Each rank in a group of its own, then both in a group made for it."""
    alone = [dist.new_group([0]), dist.new_group([1])][rank]
    both = dist.new_group([0, 1])
    x = share(normal(7, 3), (5, 2), rank)
    return {
        "alone": SyncBatchNorm(3, process_group=alone).double()(x).detach(),
        "both": SyncBatchNorm(3, process_group=both).double()(x).detach(),
    }


def large_mean(rank: int) -> Tensor:
    x = share(1000 + 0.1 * normal(70, 3), (50, 20), rank).float()
    return SyncBatchNorm(3)(x).detach()


def compiled(rank: int) -> list[Tensor]:
    layer = torch.compile(SyncBatchNorm(3).double(), backend="aot_eager")
    x = share(normal(7, 3), (5, 2), rank).clone().requires_grad_()
    y = layer(x)
    y.sin().sum().backward()
    return [y.detach(), x.grad]


def without_statistics_in_eval(rank: int) -> Tensor:
    layer = SyncBatchNorm(3, track_running_stats=False).double().eval()
    return layer(share(normal(7, 3), (5, 2), rank)).detach()


def under_autocast(rank: int) -> Tensor:
    x = share(normal(7, 3, dtype=torch.float32), (5, 2), rank)
    with torch.autocast("cpu", torch.bfloat16):
        return SyncBatchNorm(3)(x).detach()


def one_value(rank: int) -> str:
    return refused(lambda: SyncBatchNorm(3)(torch.ones(1 - rank, 3)))


def wrong_inputs(rank: int) -> list[str]:
    del rank
    wrong = torch.ones(2, 4), torch.ones(2, 3, dtype=torch.int64)
    return [refused(lambda x=x: SyncBatchNorm(3)(x)) for x in wrong]


def no_eps(rank: int) -> str:
    del rank
    return refused(lambda: SyncBatchNorm(3, eps=0.0)(torch.ones(2, 3)))


SCENARIOS: dict[str, Callable[[int], Any]] = {
    **{
        name: lambda rank, spec=spec: run_case(SyncBatchNorm, spec, rank)
        for name, spec in CASES.items()
    },
    **{
        name: lambda rank, make=make: run_case(make, CASES["unequal"], rank)
        for name, make in WRONG.items()
    },
    "on a GPU": lambda rank: run_case(SyncBatchNorm, ON_A_GPU, rank),
    "net": lambda rank: train_net(small_net(SyncBatchNorm), (5, 2), rank),
    "net without samples": lambda rank: train_net(
        small_net(SyncBatchNorm), (7, 0), rank
    ),
    "converted net": lambda rank: train_net(
        SyncBatchNorm.convert_sync_batchnorm(small_net(nn.BatchNorm1d)), (5, 2), rank
    ),
    "ddp": lambda rank: train_net(
        DistributedDataParallel(small_net(SyncBatchNorm)), (5, 2), rank
    ),
    "penalty": lambda rank: penalty(SyncBatchNorm(3).double(), (5, 2), rank),
    "large mean": large_mean,
    "ddp refuses torch's": ddp_refused,
    "subgroups": subgroups,
    "compiled": compiled,
    "without statistics in eval": without_statistics_in_eval,
    "under autocast": under_autocast,
    "one value": one_value,
    "no eps": no_eps,
    "wrong inputs": wrong_inputs,
}


def stuck(rank: int) -> None:
    """The mistake that hangs: rank 1 leaves a layer out."""
    if rank == 0:
        SyncBatchNorm(3)(torch.ones(2, 3))


def main(rank: int, folder: Path, names: list[str], seconds: float) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder}/store",
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=seconds),
    )
    for name in names or [name for name in SCENARIOS if name != "on a GPU"]:
        found = stuck(rank) if name == "stuck" else SCENARIOS[name](rank)
        torch.save(found, folder / f"{name}.{rank}")
    dist.destroy_process_group()


def start_ranks(folder: Path, *names: str, seconds: float = 30) -> None:
    """Run both ranks to their end, or kill them and fail."""
    command = [sys.executable, "-m", "tests.batch_norm.test_synchronize"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ranks = [
        subprocess.Popen(
            [*command, str(rank), str(folder), str(seconds), *names],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        outputs = [rank.communicate(timeout=3 * seconds + 30)[0] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    if any(rank.returncode for rank in ranks):
        pytest.fail("\n".join(outputs))


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Callable[[str], list[Any]]:
    """What the two ranks found in a scenario."""
    folder = tmp_path_factory.mktemp("ranks")
    start_ranks(folder)
    return lambda name: [
        torch.load(folder / f"{name}.{rank}", weights_only=False) for rank in range(2)
    ]


# Two ranks are one process


def assert_whole(ranks: list[dict[str, Any]], spec: dict[str, Any]) -> None:
    """Output, gradients and buffers of the ranks are those of the whole batch."""
    tolerance = TOLERANCE[spec["dtype"]]
    expected = run_case(TWINS[len(spec["shape"])], spec, None)
    for key in ("y", "x.grad"):
        for step, value in enumerate(expected[key]):
            parts = torch.cat([rank[key][step] for rank in ranks])
            assert_close(parts, value, **tolerance)
    for name, value in expected["parameters"].items():
        summed = sum(rank["parameters"][name] for rank in ranks)
        assert_close(summed, value, **tolerance)
    for rank in ranks:
        assert rank["dtype"] == expected["dtype"] == spec["dtype"]
        assert list(rank["buffers"]) == list(expected["buffers"])
        for name, value in expected["buffers"].items():
            assert_close(rank["buffers"][name], value, **tolerance)


@pytest.mark.parametrize("name", list(CASES))
def test_two_ranks_are_one_process_with_the_whole_batch(found, name):
    assert_whole(found(name), CASES[name])


@pytest.mark.parametrize("name", list(WRONG))
def test_the_check_fails_a_wrong_layer(found, name):
    with pytest.raises(AssertionError):
        assert_whole(found(name), CASES["unequal"])


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("net", (5, 2)), ("converted net", (5, 2)), ("net without samples", (7, 0))],
)
def test_gradients_of_a_net_add_up_to_those_of_the_whole_batch(found, name, sizes):
    expected = train_net(small_net(nn.BatchNorm1d), sizes, None)
    zero, one = found(name)
    for key, value in expected.items():
        assert_close(zero[key] + one[key], value, **TOLERANCE[torch.float64])


def test_ddp_on_cpu_averages_the_gradients(found):
    expected = train_net(small_net(nn.BatchNorm1d), (5, 2), None)
    for rank in found("ddp"):
        for key, value in expected.items():
            assert_close(rank[key], value / 2, **TOLERANCE[torch.float64])


def test_ddp_on_cpu_refuses_torchs_sync_batch_norm(found):
    assert all(
        "only work with GPU" in message for message in found("ddp refuses torch's")
    )


def test_second_derivatives_are_those_of_the_whole_batch(found):
    expected = penalty(nn.BatchNorm1d(3).double(), (5, 2), None)
    assert_close(torch.cat(found("penalty")), expected, **TOLERANCE[torch.float64])


def test_large_mean_with_small_spread_is_not_lost(found):
    x = (1000 + 0.1 * normal(70, 3)).float()
    exact = nn.BatchNorm1d(3).double()(x.double())
    # A mean near 1000 is known to 3e-5, a spread of 0.2: an error of some 3e-4.
    assert_close(torch.cat(found("large mean")).double(), exact, rtol=0, atol=2e-3)


def test_each_process_group_is_a_batch_of_its_own(found):
    x = normal(7, 3)
    zero, one = found("subgroups")
    norm = nn.BatchNorm1d(3).double()
    assert_close(torch.cat([zero["both"], one["both"]]), norm(x))
    assert_close(zero["alone"], norm(x[:5]))
    assert_close(one["alone"], norm(x[5:]))


def test_compiled_ranks_are_one_process_too(found):
    x = normal(7, 3).requires_grad_()
    y = nn.BatchNorm1d(3).double()(x)
    y.sin().sum().backward()
    zero, one = found("compiled")
    assert_close(torch.cat([zero[0], one[0]]), y)
    assert_close(torch.cat([zero[1], one[1]]), x.grad)


def test_eval_without_statistics_uses_the_local_batch_as_in_torch(found):
    for rank, y in enumerate(found("without statistics in eval")):
        expected = nn.BatchNorm1d(3).double()(share(normal(7, 3), (5, 2), rank))
        assert_close(y, expected)


def test_autocast_changes_nothing(found):
    expected = nn.BatchNorm1d(3)(normal(7, 3, dtype=torch.float32))
    assert_close(torch.cat(found("under autocast")), expected, rtol=1e-4, atol=1e-5)


def test_one_value_per_channel_is_refused_by_both_ranks(found):
    assert (
        found("one value")
        == ["expected more than 1 value per channel over all ranks, got 1"] * 2
    )


def test_wrong_inputs_are_refused_by_both_ranks(found):
    for messages in found("wrong inputs"):
        assert messages == [
            "expected (N, 3, *), got (2, 4)",
            "expected a floating-point input, got torch.int64",
        ]


def test_eps_of_zero_is_refused_by_both_ranks(found):
    assert found("no eps") == ["expected eps > 0 in training, got 0.0"] * 2


def test_a_rank_that_leaves_a_layer_out_fails_the_test(tmp_path):
    with pytest.raises(
        pytest.fail.Exception, match=r"(?i)timed? ?out|(closed|reset) by peer"
    ):
        start_ranks(tmp_path, "stuck", seconds=1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_two_ranks_on_a_gpu_are_one_process(tmp_path):
    start_ranks(tmp_path, "on a GPU")
    ranks = [
        torch.load(tmp_path / f"on a GPU.{rank}", "cpu", weights_only=False)
        for rank in range(2)
    ]
    assert_whole(ranks, ON_A_GPU)


# Without a process group: a plain batch norm


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    samples=st.integers(2, 5),
    dtype=st.sampled_from(list(TOLERANCE)),
    options=st.fixed_dictionaries(
        {
            "affine": st.booleans(),
            "momentum": st.sampled_from([0.1, None]),
            "track_running_stats": st.booleans(),
        }
    ),
)
def test_without_a_process_group_it_is_batch_norm(shape, samples, dtype, options):
    spec = case(tuple(shape), (samples, 0), dtype=dtype, options=options)
    assert_whole([run_case(SyncBatchNorm, spec, None)], spec)


def test_constructor_is_torchs():
    ours, twin = (
        {name: p.replace(annotation=Any) for name, p in signature.parameters.items()}
        for signature in map(inspect.signature, (SyncBatchNorm, nn.SyncBatchNorm))
    )
    assert list(ours.items()) == list(twin.items())


@pytest.mark.parametrize("twin", [nn.SyncBatchNorm, nn.BatchNorm2d])
@pytest.mark.parametrize("options", [{}, {"affine": False}, {"bias": False}])
def test_state_dict_fits_both_ways(twin, options):
    ours, theirs = SyncBatchNorm(3, **options), twin(3, **options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours(normal(4, 3, dtype=torch.float32))
    theirs.load_state_dict(ours.state_dict())
    assert torch.equal(theirs.running_var, ours.running_var)
    ours.load_state_dict(theirs.state_dict())


def test_copies_and_pickles_behave_as_the_original():
    layer, x = SyncBatchNorm(3), normal(4, 3, dtype=torch.float32)
    layer(x)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin.eval()(x), layer.eval()(x))


def test_compiles_without_a_graph_break_where_there_is_no_group():
    compiled = torch.compile(SyncBatchNorm(3), backend="aot_eager", fullgraph=True)
    x = normal(4, 3, dtype=torch.float32)
    assert_close(compiled(x), nn.BatchNorm1d(3)(x))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_without_a_process_group():
    x = normal(4, 3).cuda()
    assert_close(
        SyncBatchNorm(3).double().cuda()(x), nn.BatchNorm1d(3).double().cuda()(x)
    )


# Conversion


class Twice(nn.Module):
    """The same layer under two names, beside norms that are no batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.first = self.second = nn.BatchNorm2d(3, eps=0.1, momentum=None)
        self.others = nn.ModuleList([nn.InstanceNorm2d(3), nn.GroupNorm(1, 3)])
        self.inner = nn.Sequential(nn.BatchNorm3d(4, affine=False))


def test_conversion_keeps_everything_but_the_class():
    model = Twice()
    model.inner.eval()
    calls: list[str] = []
    model.first.register_forward_hook(lambda *_: calls.append("hook"))
    model.first.bias.requires_grad_(False)
    before, weight = copy.deepcopy(model.state_dict()), model.first.weight
    converted = SyncBatchNorm.convert_sync_batchnorm(model, "group")
    assert converted is model
    assert model.first is model.second
    assert type(model.first) is type(model.inner[0]) is SyncBatchNorm
    assert [type(m) for m in model.others] == [nn.InstanceNorm2d, nn.GroupNorm]
    assert model.first.process_group == model.inner[0].process_group == "group"
    assert (model.first.eps, model.first.momentum) == (0.1, None)
    assert model.first.training
    assert not model.inner[0].training
    assert model.first.weight is weight  # an optimizer goes on with it
    assert not model.first.bias.requires_grad
    assert list(before) == list(model.state_dict())
    model.first(normal(2, 3, 4, 4, dtype=torch.float32))
    assert calls == ["hook"]


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(3), nn.SyncBatchNorm(3)])
def test_a_single_layer_is_converted_too(layer):
    converted = SyncBatchNorm.convert_sync_batchnorm(layer)
    assert type(converted) is SyncBatchNorm
    assert converted.process_group is None
    assert converted(normal(4, 3, dtype=torch.float32)).shape == (4, 3)


# Refusals


@pytest.mark.parametrize("shape", [(), (3,), (4, 2), (4, 5, 3)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(N, 3, \*\), got \("):
        SyncBatchNorm(3)(torch.ones(shape))


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
def test_only_floating_point_is_accepted(dtype):
    with pytest.raises(TypeError, match=f"floating-point input, got {dtype}"):
        SyncBatchNorm(3)(torch.ones(4, 3, dtype=dtype))


def test_one_value_per_channel_is_refused_without_a_group():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        SyncBatchNorm(3)(torch.ones(1, 3))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[4:], float(sys.argv[3]))
