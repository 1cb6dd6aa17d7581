"""A headless Chromium for tests and pictures: opens a file, looks at it, takes a picture.

It is driven through the DevTools protocol over a pipe, so that it needs no port and no library.
Every name resolves to nothing and every request is written down.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--remote-debugging-pipe",
)
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
"""Path of the browser, or nothing where the machine has none."""

_DEADLINE_S = 60.0
_AS_3_AND_4 = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
"""The browser reads commands from its file 3 and writes answers to its file 4."""


class Browser:
    """A running browser with one page.

    Attributes
    ----------
    requests : addresses that the page asked for.
    complaints : errors and warnings of the console, and exceptions.
    """

    def __init__(self, folder: Path) -> None:
        read_commands, self._write = os.pipe()
        self._read, write_answers = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (read_commands, write_answers)]
        for fd in (read_commands, write_answers):
            os.close(fd)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-ISc", _AS_3_AND_4, *map(str, high)),
                *(CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "about:blank"),
            ],
            pass_fds=high,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in high:
            os.close(fd)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._rest = b""
        self._count = 0
        self._session = ""
        targets = self.say("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        attached = self.say("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.say(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._write)
        os.close(self._read)

    def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _DEADLINE_S
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._read, 1 << 20) if ready else b""
            if not piece:
                raise RuntimeError("the browser does not answer")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _note(self, event: dict[str, Any]) -> None:
        method, params = event.get("method", ""), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"])[:500])
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])
        self._events.append(event)

    def view(self, width: int, height: int = 900, *, dark: bool = False, scale: float = 1) -> None:
        """Set the window's size in CSS pixels and the colour scheme that the page is told."""
        self.say(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.say("Emulation.setEmulatedMedia", features=[feature])

    def scripts(self, *, on: bool) -> None:
        """Switch the scripts of pages opened from now on."""
        self.say("Emulation.setScriptExecutionDisabled", value=not on)

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._events.clear()
        self.say("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + _DEADLINE_S
        while not any(e.get("method") == "Page.loadEventFired" for e in self._events):
            self._note(self._next(deadline))

    def ask(self, expression: str) -> Any:
        """Value of an expression in the page, once what it promises is there."""
        answer = self.say(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def settle(self) -> None:
        """Wait for two frames, so that what was changed is drawn."""
        self.ask("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))")

    def picture(self, path: Path, selector: str = "", *, whole: bool = False) -> None:
        """Write a PNG of the window, of the whole page, or of one element."""
        params: dict[str, Any] = {"format": "png", "captureBeyondViewport": whole or bool(selector)}
        if selector or whole:
            box = self.ask(
                f"(() => {{ const b = document.querySelector({json.dumps(selector or 'html')})"
                ".getBoundingClientRect(); return {x: b.x + scrollX, y: b.y + scrollY, "
                "width: b.width, height: b.height, scale: 1} })()"
            )
            params["clip"] = box
        answer = self.say("Page.captureScreenshot", **params)
        path.write_bytes(base64.b64decode(answer["data"]))
