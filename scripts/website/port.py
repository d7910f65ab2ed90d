"""Say in one sentence that the address of `mkdocs serve` is taken, before it starts."""

import socket
import sys


def address(options: list[str]) -> tuple[str, int]:
    """Return where mkdocs serve would listen, given its options."""
    value = "127.0.0.1:8000"
    for position, option in enumerate(options):
        if option in {"-a", "--dev-addr"} and position + 1 < len(options):
            value = options[position + 1]
        elif option.startswith("--dev-addr="):
            value = option.partition("=")[2]
    host, _, port = value.rpartition(":")
    return host, int(port)


def main() -> None:
    """Exit 1 with one sentence where something already listens there."""
    host, port = address(sys.argv[1:])
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, port)) == 0:
            sys.exit(
                f"error: {host}:{port} is taken: "
                f"stop what listens there, or run scripts/serve -a {host}:{port + 1}"
            )


if __name__ == "__main__":
    main()
