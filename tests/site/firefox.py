"""Drive the Firefox that is installed, over WebDriver BiDi, without a driver."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("firefox-esr", "firefox")
# A profile that asks nobody anything: no updates, no telemetry, no first page.
SETTINGS = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
EVENTS = ["log.entryAdded", "network.beforeRequestSent", "network.fetchError"]


def installed() -> str | None:
    """Return the program, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """One tab, and what went wrong in it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.number = 0
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        self.ask("session.new", capabilities={})
        (tab,) = self.ask("browsingContext.getTree")["contexts"]
        self.tab: str = tab["context"]
        self.ask("session.subscribe", events=EVENTS)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command; note the events that come before its answer."""
        self.number += 1
        words = {"id": self.number, "method": method, "params": params}
        self.socket.send(json.dumps(words))
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("id") == self.number:
                break
            self.note(answer)
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def note(self, event: dict[str, Any]) -> None:
        """Keep what a test asks for."""
        params = event.get("params", {})
        match event.get("method"):
            case "log.entryAdded" if params["level"] in {"error", "warn"}:
                self.problems.append(f"{params['level']}: {params['text']}")
            case "network.fetchError":
                self.problems.append(f"failed: {params['request']['url']}")
            case "network.beforeRequestSent":
                url = params["request"]["url"]
                if url.startswith("http"):
                    self.hosts.add(url.split("/")[2])
            case _:
                pass

    def open(self, address: str) -> None:
        """Leave the last page, and what it is still loading; go to this, and wait."""
        for url in ("about:blank", address):
            self.problems, self.hosts = [], set()
            self.ask(
                "browsingContext.navigate", context=self.tab, url=url, wait="complete"
            )

    def widen(self, width: int, height: int = 800) -> None:
        """Set the size of the screen."""
        size = {"width": width, "height": height}
        self.ask("browsingContext.setViewport", context=self.tab, viewport=size)

    def run(self, function: str) -> Any:
        """Call a JavaScript function; what it returns comes as JSON."""
        answer = self.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({function})() ?? null))()",
            target={"context": self.tab},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        x, y = self.run(
            f"""() => {{
              const box = document.querySelector({selector!r}).getBoundingClientRect()
              return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round)
            }}"""
        )
        move = {"type": "pointerMove", "x": x, "y": y}
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self.act("pointer", [move, *press])

    def write(self, text: str) -> None:
        """Type on the keyboard."""
        self.act(
            "key",
            [
                {"type": kind, "value": letter}
                for letter in text
                for kind in ("keyDown", "keyUp")
            ],
        )

    def act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        """Let a device do something."""
        device = {"type": kind, "id": kind, "actions": actions}
        self.ask("input.performActions", context=self.tab, actions=[device])

    def wait(self, function: str) -> None:
        """Wait until a JavaScript function returns something true."""
        self.run(
            f"""async () => {{
              const late = Date.now() + 10000
              while (!await ({function})()) {{
                if (Date.now() > late) throw new Error("waited in vain")
                await new Promise(resolve => setTimeout(resolve, 50))
              }}
              return true
            }}"""
        )


@contextmanager
def started(program: str) -> Generator[Firefox]:
    """Start Firefox without a window, and end it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [
            f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in SETTINGS.items()
        ]
        Path(profile, "user.js").write_text("\n".join(lines), encoding="utf-8")
        said = Path(profile, "said.txt")  # not a pipe, which would fill up
        with (
            said.open("w") as output,
            subprocess.Popen(
                [
                    *(program, "--headless", "--no-remote", "--profile", profile),
                    *("--remote-debugging-port", "0"),
                ],
                stdout=output,
                stderr=output,
            ) as process,
        ):
            try:
                with connect(
                    f"{_address(process, said)}/session", max_size=None
                ) as tab:
                    yield Firefox(tab)
            finally:
                process.terminate()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    """Wait until Firefox says where it listens."""
    late = time.monotonic() + 60
    while time.monotonic() < late and process.poll() is None:
        text = said.read_text(encoding="utf-8", errors="replace")
        if where := re.search(r"BiDi listening on (ws://\S+)", text):
            return where[1]
        time.sleep(0.05)
    raise RuntimeError(f"Firefox cannot be driven: {said.read_text()[-2000:]}")
