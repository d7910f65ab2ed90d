"""What the times were measured on."""

import os
import platform
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, its cores, and what else ran at the start (0 is a quiet machine)."""
    return {
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
