"""Firefox, driven by its own protocol, Marionette: lines of JSON over a socket, each after its length.

Playwright drives a Firefox of its own only, or one that is newer than Debian's; what is needed here is little.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

PATIENCE = 60  # seconds for whatever is waited for
SETTINGS = {
    "marionette.port": 0,  # a free one, written to a file of the profile
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "app.update.disabledForTesting": True,
    "ui.prefersReducedMotion": 1,
}
# What pages and their scripts have reported since the last time: errors, and warnings of scripts.
ERRORS = """
const said = Services.console.getMessageArray().filter((one) => one instanceof Ci.nsIScriptError
  && /^(http|blob)/.test(one.sourceName) && !(one.flags & Ci.nsIScriptError.warningFlag)).map(String);
Services.console.reset();
return said;
"""
UNTIL = """
const [source, patience, done] = arguments;
const act = new Function(source);
const end = performance.now() + 1000 * patience;
(async () => {
  for (;;) {
    const found = await act();
    if (found || performance.now() > end) return done(found ?? null);
    await new Promise((again) => setTimeout(again, 50));
  }
})().catch((error) => done({ failed: String(error) }));
"""


class Firefox:
    """One window of a Firefox that runs without a screen."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=2 * PATIENCE)
        self.held = b""
        self.receive()  # how it introduces itself
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}})
        self.ask("WebDriver:SetTimeouts", {"script": 2000 * PATIENCE, "pageLoad": 2000 * PATIENCE})

    def receive(self):
        while b":" not in self.held:
            self.held += self.socket.recv(1 << 16)
        size, _, self.held = self.held.partition(b":")
        while len(self.held) < int(size):
            self.held += self.socket.recv(1 << 16)
        line, self.held = self.held[: int(size)], self.held[int(size) :]
        return json.loads(line)

    def ask(self, command, parameters):
        line = json.dumps([0, 1, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(line), line))
        _, _, error, answer = self.receive()
        assert error is None, f"{command}: {error['message']}"
        return answer.get("value") if isinstance(answer, dict) else answer

    def goto(self, address):
        self.ask("WebDriver:Navigate", {"url": address})

    def size(self, width, height):
        """Make the page so wide, which a window may not be: Firefox has none below 450 pixels."""
        self.ask("WebDriver:SetWindowRect", {"width": width, "height": height})

    def run(self, source, *arguments):
        return self.ask("WebDriver:ExecuteScript", {"script": source, "args": list(arguments)})

    def until(self, source):
        """Wait until a function's body, which may await, returns something true: that."""
        found = self.ask("WebDriver:ExecuteAsyncScript", {"script": UNTIL, "args": [asynchronous(source), PATIENCE]})
        assert found, f"it did not happen: {source}"
        assert not (isinstance(found, dict) and "failed" in found), found["failed"]
        return found

    def collect_garbage(self):
        """Have the page's process collect its garbage now."""
        source = "Components.utils.forceGC(); Components.utils.forceCC();"
        self.ask("WebDriver:ExecuteScript", {"script": source, "args": [], "sandbox": "system"})

    def errors(self):
        self.ask("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.run(ERRORS)
        finally:
            self.ask("Marionette:SetContext", {"value": "content"})


def asynchronous(source):
    return f"return (async () => {{ {source} }})();"


@contextmanager
def running(profile):
    """A Firefox with a profile of its own."""
    program = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is missing: `make nightly` installs it, or set FIREFOX to its program"
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in SETTINGS.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [
        program,
        "--headless",
        "--marionette",
        "--remote-allow-system-access",
        "--no-remote",
        "--profile",
        str(profile),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        try:
            window = Firefox(port_of(profile / "MarionetteActivePort", started))
            with window.socket:
                yield window
        finally:
            started.terminate()


def port_of(file, started):
    end = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text().strip()):
        assert started.poll() is None, "Firefox has ended"
        assert time.monotonic() < end, "Firefox does not listen"
        time.sleep(0.1)
    return int(file.read_text())
