"""Pack a folder into a zip of its name, the same bytes each time."""

import sys
import zipfile
from pathlib import Path


def pack(folder: Path) -> Path:
    """Write FOLDER.zip here; every file lies in one folder inside."""
    target = Path(f"{folder.name}.zip")
    unfinished = target.with_suffix(".zip.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != "sitemap.xml.gz":  # holds the time
                name = path.relative_to(folder.parent).as_posix()
                out.writestr(
                    zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED, 9
                )
    unfinished.replace(target)
    return target


if __name__ == "__main__":
    made = pack(Path(sys.argv[1]))
    print(f"{made}: {made.stat().st_size / 1e6:.1f} MB; unpack it and open index.html")
