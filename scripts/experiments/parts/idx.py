"""Digits from a folder of IDX files, the format of MNIST and of Fashion-MNIST.

Four files, plain or compressed with gzip (.gz), named as MNIST names them; a dot may
stand for the first hyphen of `-idx`. An IDX file of bytes begins with 0, 0, 8 and the
number of dimensions, then each dimension as a big-endian 32-bit number, then the bytes.
Whatever is wrong with a folder or a file is said in one sentence.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

from scripts.experiments.parts.digits import Digits
from scripts.results import ResultError

# As many images as the embedded digits have, so that the sentences mean the same
# (an epoch is as many steps) and a run takes a minute, not hours.
TRAIN, TEST = 1437, 360
SMALLEST = 64  # one batch
CLASSES = 10
FILES = {"train": "train", "test": "t10k"}
PARTS = {"images": 3, "labels": 1}  # and their dimensions


class IdxError(ResultError):
    """A folder or a file that cannot be used, in one sentence."""


def idx_digits(folder: Path) -> Digits:
    """Return up to TRAIN and TEST images, chosen at random but always the same."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise IdxError(f"{folder} {what}")
    every = {
        name: {part: read(find(folder, f"{prefix}-{part}", n), n) for part, n in both}
        for name, prefix in FILES.items()
        for both in [PARTS.items()]
    }
    sizes = {name: tuple(one["images"].shape[1:]) for name, one in every.items()}
    if sizes["train"] != sizes["test"]:
        raise IdxError(
            f"{folder}: images for training and test differ in size: {sizes}"
        )
    chosen: list[Tensor] = []
    for (name, one), most in zip(every.items(), (TRAIN, TEST), strict=True):
        images, labels = one["images"], one["labels"]
        if len(images) != len(labels):
            raise IdxError(
                f"{folder}: {len(images)} {name} images but {len(labels)} labels"
            )
        if len(images) < SMALLEST:
            raise IdxError(
                f"{folder}: {len(images)} {name} images; at least {SMALLEST} are needed"
            )
        if labels.max() >= CLASSES:
            raise IdxError(
                f"{folder}: a {name} label is {int(labels.max())}; expected 0 to 9"
            )
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
        few = order[:most]
        chosen += [images[few].flatten(1).T.float() / 255, labels[few].long()]
    return Digits(*(one.contiguous() for one in chosen))


def find(folder: Path, stem: str, dimensions: int) -> Path:
    """Return the file of that name, plain or compressed."""
    name = f"{stem}-idx{dimensions}-ubyte"
    for one in (name, name.replace("-idx", ".idx")):
        for end in ("", ".gz"):
            if (path := folder / (one + end)).is_file():
                return path
    there = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
    raise IdxError(f"{folder} has no {name} (nor {name}.gz); it has: {there}")


def read(path: Path, dimensions: int) -> Tensor:
    """Return the bytes of an IDX file in their shape."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IdxError(f"{path} is no whole gzip file: {error}") from error
    except OSError as error:
        raise IdxError(f"{path} cannot be read: {error.strerror}") from error
    magic = bytes((0, 0, 8, dimensions))
    if data[:4] != magic:
        begins = data[:4].hex(" ") or "nothing"
        compressed = data[:2] == b"\x1f\x8b"
        hint = ": compressed, but not named .gz" * compressed
        raise IdxError(
            f"{path} is no IDX file of {dimensions} dimensions: it begins with "
            f"{begins}, expected {magic.hex(' ')}{hint}"
        )
    start = 4 + 4 * dimensions
    if len(data) < start:
        raise IdxError(f"{path} is cut in its header: {len(data)} bytes")
    shape = struct.unpack(f">{dimensions}I", data[4:start])
    expected, got = math.prod(shape), len(data) - start
    if got != expected:
        shown = "x".join(map(str, shape))
        what = "is cut" if got < expected else "goes on behind its end"
        raise IdxError(f"{path} {what}: {got} bytes for {shown}, expected {expected}")
    if expected == 0:
        raise IdxError(f"{path} is empty: its shape is {'x'.join(map(str, shape))}")
    return torch.frombuffer(bytearray(data[start:]), dtype=torch.uint8).view(shape)
