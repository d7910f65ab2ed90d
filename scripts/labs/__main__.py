"""Make the notebooks: `python -m scripts.labs [NAME…] [--check]`; see parts/make.py."""

import sys

from scripts.labs.parts.make import main
from scripts.labs.parts.percent import LabError
from scripts.results import ResultError

if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, ResultError) as error:
        sys.exit(f"{error}")
