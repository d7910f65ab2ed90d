"""What the tests of the experiments share."""

from typing import Any

FEW = (0, 1, 2)


def broken(claims: dict[str, bool]) -> str:
    """Sentences that no longer hold."""
    return "; ".join(claim for claim, holds in claims.items() if not holds)


def swapped(result: Any, one: str, other: str) -> Any:
    """The same measurements under each other's names, at every depth."""
    if isinstance(result, dict):
        names = {one: other, other: one}
        return {names.get(k, k): swapped(v, one, other) for k, v in result.items()}
    return result
