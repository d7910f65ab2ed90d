"""The lab of the digits reads folders of IDX files, as it says."""

import gzip
from pathlib import Path
from typing import Any

import pytest
import torch

from scripts.labs.parts.make import lab_path
from scripts.labs.parts.percent import cells
from tests.experiments.test_idx import images, packed

FILES = {"train": 40, "t10k": 30}


def folder(path: Path, *, compressed: bool) -> Path:
    for seed, (name, count) in enumerate(FILES.items()):
        pixels, labels = images(count, seed)
        for part, data in (("images-idx3", pixels), ("labels-idx1", labels)):
            file = path / f"{name}-{part}-ubyte"
            if compressed:
                Path(f"{file}.gz").write_bytes(gzip.compress(packed(data)))
            else:
                file.write_bytes(packed(data))
    return path


def lab(path: Path) -> dict[str, Any]:
    """Run the lab as far as its networks, on a folder."""
    code = [cell.text for cell in cells(lab_path("digits")) if cell.kind == "code"]
    assert code[0].count("FOLDER = None") == 1
    code[0] = code[0].replace("FOLDER = None", f"FOLDER = {str(path)!r}")
    threads, names = torch.get_num_threads(), dict[str, Any]()
    try:
        for one in code[:3]:
            exec(one, names)
    finally:
        torch.set_num_threads(threads)
    return names


@pytest.mark.parametrize("compressed", [False, True])
def test_a_folder_is_read_and_the_networks_fit(
    tmp_path: Path, compressed: bool
) -> None:
    names = lab(folder(tmp_path, compressed=compressed))
    pixels, labels = images(FILES["train"], 0)
    torch.testing.assert_close(names["x"], pixels.unsqueeze(1) / 255)
    assert names["y"].tolist() == labels.tolist()
    assert len(names["test_y"]) == FILES["t10k"]
    for build in ("mlp", "cnn"):
        for batch_norm in (False, True):
            assert names[build](batch_norm)(names["x"]).shape == (40, 10)
    assert names["mlp"](False)[1].in_features == 784


def test_another_file_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, compressed=False)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"not an IDX file")
    with pytest.raises(ValueError, match="is no IDX file"):
        lab(tmp_path)
