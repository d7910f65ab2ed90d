"""Folders of IDX files are read whole, and what is wrong with one is said."""

import gzip
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from scripts.digest import ROOT
from scripts.experiments import digits_mlp, digits_mlp_drift
from scripts.experiments.__main__ import main
from scripts.experiments.parts import idx
from scripts.experiments.parts.idx import IdxError, idx_digits
from scripts.results import result_path

SIDE, TRAIN, TEST = 28, 130, 70
NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def packed(values: Tensor) -> bytes:
    """The bytes of an IDX file."""
    head = bytes((0, 0, 8, values.dim())) + struct.pack(
        f">{values.dim()}I", *values.shape
    )
    return head + bytes(values.flatten().tolist())


def images(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noise with one bright row for each class: easy to learn."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 10
    pixels = torch.randint(0, 60, (count, SIDE, SIDE), generator=generator)
    for n, label in enumerate(labels.tolist()):
        pixels[n, 2 * label : 2 * label + 2] += 150
    return pixels, labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small folder like MNIST's."""
    for (name, files), count in zip(NAMES.items(), (TRAIN, TEST), strict=True):
        both = images(count, len(name))
        for file, values in zip(files, both, strict=True):
            (tmp_path / file).write_bytes(packed(values))
    return tmp_path


def test_every_image_keeps_its_label_and_its_pixels(folder: Path) -> None:
    data = idx_digits(folder)
    assert data.train_x.shape == (SIDE * SIDE, TRAIN)
    assert data.test_x.shape == (SIDE * SIDE, TEST)
    pixels, labels = images(TRAIN, len("train"))
    assert data.train_y.bincount().equal(labels.bincount())
    order = torch.randperm(TRAIN, generator=torch.Generator().manual_seed(0))
    assert data.train_y.equal(labels[order])
    assert data.train_x.equal(pixels[order].flatten(1).T.float() / 255)
    assert 0.5 < data.train_x.max() <= 1


def test_compressed_files_and_a_dot_in_the_name_are_the_same(folder: Path) -> None:
    plain = idx_digits(folder)
    for file in list(folder.iterdir()):
        other = folder / (file.name.replace("-idx", ".idx") + ".gz")
        other.write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    for one, two in zip(plain, idx_digits(folder), strict=True):
        assert one.equal(two)


def test_of_many_images_as_many_are_taken_as_are_embedded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "TRAIN", 100)
    monkeypatch.setattr(idx, "TEST", 65)
    data = idx_digits(folder)
    assert (data.train_y.numel(), data.test_y.numel()) == (100, 65)


def cut(data: bytes) -> bytes:
    return data[:-5]


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "cut": (NAMES["train"][0], cut, "is cut: 101915 bytes for 130x28x28"),
    "cut header": (NAMES["train"][0], lambda d: d[:9], "cut in its header: 9 bytes"),
    "longer": (NAMES["test"][1], lambda d: d + b"x", "goes on behind its end"),
    "no IDX": (NAMES["train"][1], lambda d: b"<htm" + d[4:], "begins with 3c 68 74 6d"),
    "nothing": (NAMES["train"][1], lambda _: b"", "begins with nothing"),
    "labels for images": (
        NAMES["train"][0],
        lambda _: packed(torch.zeros(TRAIN).int()),
        "no IDX file of 3 dimensions: it begins with 00 00 08 01",
    ),
    "floats": (
        NAMES["train"][0],
        lambda d: d[:2] + b"\x0d" + d[3:],
        "begins with 00 00 0d 03, expected 00 00 08 03",
    ),
    "compressed without .gz": (
        NAMES["train"][0],
        gzip.compress,
        "compressed, but not named .gz",
    ),
    "a label too large": (
        NAMES["test"][1],
        lambda d: d[:-1] + b"\x0b",
        "a test label is 11; expected 0 to 9",
    ),
    "fewer labels": (
        NAMES["train"][1],
        lambda _: packed(torch.zeros(TRAIN - 1).int()),
        "130 train images but 129 labels",
    ),
    "other sizes": (
        NAMES["test"][0],
        lambda _: packed(torch.zeros(TEST, 8, 8).int()),
        "differ in size",
    ),
    "empty": (
        NAMES["test"][0],
        lambda _: packed(torch.zeros(0, SIDE, SIDE).int()),
        "is empty: its shape is 0x28x28",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_in_one_sentence(folder: Path, damage: str) -> None:
    name, spoil, said = DAMAGES[damage]
    file = folder / name
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(IdxError) as error:
        idx_digits(folder)
    assert said in str(error.value)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("spoil", [cut, lambda d: b"\x1f\x8b\x08" + d[9:]])
def test_a_broken_gzip_file_is_named(folder: Path, spoil) -> None:
    file = folder / NAMES["train"][0]
    whole = gzip.compress(file.read_bytes())
    file.unlink()
    (folder / f"{file.name}.gz").write_bytes(spoil(whole))
    with pytest.raises(IdxError, match=r"train-images-idx3-ubyte.gz is no whole gzip"):
        idx_digits(folder)


def test_a_missing_file_and_a_missing_folder_are_named(folder: Path) -> None:
    (folder / NAMES["test"][1]).unlink()
    with pytest.raises(IdxError, match=r"has no t10k-labels-idx1-ubyte.*it has: t10k-"):
        idx_digits(folder)
    with pytest.raises(IdxError, match="does not exist"):
        idx_digits(folder / "nowhere")
    with pytest.raises(IdxError, match="is a file, not a folder"):
        idx_digits(folder / NAMES["train"][0])
    empty = folder / "empty"
    empty.mkdir()
    with pytest.raises(IdxError, match="it has: nothing"):
        idx_digits(empty)


def test_too_few_images_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "SMALLEST", 71)
    with pytest.raises(IdxError, match="70 test images; at least 71"):
        idx_digits(folder)


def test_the_command_says_what_was_measured_and_writes_nothing(folder: Path) -> None:
    path = result_path("digits_mlp_drift")
    before = path.read_bytes(), path.stat().st_mtime_ns
    done = subprocess.run(
        [
            sys.executable,
            *["-m", "scripts.experiments", "digits_mlp_drift", "--data"],
            folder,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{folder}: 130 images for training, 70 for test, 784 pixels" in done.stdout
    assert "rate_0_4.plain.total" in done.stdout
    assert ": batch norm's inputs do drift" in done.stdout
    assert "Nothing was written" in done.stdout
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_digits_mlp_learns_from_the_files(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(digits_mlp, "EPOCHS", 2)
    monkeypatch.setattr(digits_mlp, "REPORTED_EPOCHS", (1, 2))
    monkeypatch.setattr(digits_mlp, "MOST_STEPS", 30)
    monkeypatch.setattr(digits_mlp, "TIMED_STEPS", 3)
    result = digits_mlp.run((0, 1), idx_digits(folder))
    steps = result["steps_to_90"]["he"]["batch_norm"]["steps"]
    assert steps["max"] <= 30
    assert digits_mlp_drift.run.__defaults__ == (None,)


def test_a_bad_folder_ends_the_command_with_its_sentence(folder: Path) -> None:
    (folder / NAMES["train"][0]).unlink()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.experiments", "digits_mlp", "--data", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"{folder} has no train-images-idx3-ubyte")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--data", "x"], "needs the names of experiments"),
        (["digits_mlp", "--data", "x", "--check"], "and no other option"),
        (["affine_undo", "--data", "x"], "affine_undo does not take --data; these do:"),
    ],
)
def test_data_for_what_cannot_take_it(options, said, capsys) -> None:
    with pytest.raises(SystemExit):
        main(options)
    assert said in capsys.readouterr().err
