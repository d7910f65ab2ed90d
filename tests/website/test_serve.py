"""While serving, what is kept is what a build would make, and no longer than that."""

import subprocess
import sys
from pathlib import Path

# Serving, but for the server: builds as `mkdocs serve` makes them, one after the other.
PROGRAM = """
import sys
sys.path.insert(0, ".")
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config
from scripts.website import english, kept, turn

started = []
real = english.subprocess.Popen

class Counted(real):
    def __init__(self, *args, **kwargs):
        started.append(args)
        super().__init__(*args, **kwargs)

config = load_config("mkdocs.yml", site_dir="site", site_url="http://127.0.0.1:8000/")
config.plugins.on_startup(command="serve", dirty=False)
hook = sys.modules[[n for n in sys.modules if n.endswith("english.py")][0]]
hook.subprocess.Popen = Counted

def pages():
    build(config)
    return {p: p.read_bytes() for p in Path("site").rglob("*.html")} | {
        p: p.read_bytes() for p in Path("site").rglob("search_index.json")}

first = pages()
assert len(started) == 1 and len(first) > 50, (started, len(first))
files = list(Path(".cache/pages/zh").glob("*.json"))
assert len(files) > 50
assert pages() == first
assert len(started) == 1, "the English site was built again, although nothing changed"

# A broken file is made again; a change of Chinese leaves the English site alone.
files[0].write_text("{")
page = Path("docs/zh/batch-norm.md")
page.write_text(page.read_text() + "\\nOneMoreSentence\\n")
now = pages()
assert {str(p) for p in first if now[p] != first[p]} == {
    "site/batch-norm/index.html", "site/search/search_index.json"}
assert b"OneMoreSentence" in now[Path("site/batch-norm/index.html")]
assert len(started) == 1

# A change of an included file reaches both languages.
snippet = Path("snippets/batch_norm/batch_norm.py")
snippet.write_text(snippet.read_text().replace('\"\"\"', '\"\"\"OneMoreWord ', 1))
now = pages()
assert len(started) == 2
for folder in ("site", "site/en"):
    assert b"OneMoreWord" in now[Path(folder, "batch-norm/index.html")]
assert len(list(Path(".cache/pages/zh").glob("*.json"))) == len(files)
print("kept")
"""


def test_what_is_kept_is_what_would_be_made(repository: Path) -> None:
    for part in ("requirements", ".cache"):
        (repository / part).mkdir(exist_ok=True)
    (repository / "requirements/site.txt").touch()
    program = repository / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=repository,
        env={"PATH": "", "HOME": str(repository), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["kept"], done.stdout + done.stderr
