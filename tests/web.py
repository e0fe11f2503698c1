"""For tests in a browser: folders that are served, and pages that report every error."""

import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

HOST = "127.0.0.1"
SIZE = {"width": 1200, "height": 900}


class Quiet(SimpleHTTPRequestHandler):
    """A file server that keeps its log to itself."""

    def log_message(self, *_):
        pass


@contextmanager
def served_folder(folder):
    """A folder under a plain file server: its address."""
    with ThreadingHTTPServer((HOST, 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Window:
    """A page of a browser that must ask nobody but its own server, show no dialog, and report no error.

    The browser finds no other address (``conftest.py``): asking for one is an error that the page reports.
    """

    def __init__(self, browser, **options):
        self.context = browser.new_context(viewport=SIZE, **options)
        # `allowed` are words of errors that a test brings about.
        self.page, self.wrong, self.allowed = self.context.new_page(), [], []
        page, wrong = self.page, self.wrong
        page.set_default_timeout(30_000)
        page.on(
            "console", lambda told: told.type in {"error", "warning"} and wrong.append(f"{told.text} {told.location}")
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.allow = self.allowed.append

    def check(self):
        """Raises AssertionError for what was wrong since the last time, and forgets it."""
        unforeseen = [one[:500] for one in self.wrong if not any(word in one for word in self.allowed)]
        self.wrong.clear()
        self.allowed.clear()
        if unforeseen:
            raise AssertionError("\n".join(unforeseen))

    @contextmanager
    def used(self, address, ready=".token", *, anew=True):
        """The page for one test, loaded anew, or as the last test left it. The window stays: a new one takes more time than most
        tests."""
        self.wrong.clear()
        self.page.set_viewport_size(SIZE)
        if anew or self.page.url != address:
            # Another fragment alone would not load the page anew.
            self.page.goto("about:blank")
            self.page.goto(address)
        self.page.locator(ready).first.wait_for()
        yield self.page
        self.page.unroute_all()
        self.check()


@contextmanager
def watched(browser, **options):
    """A page of a window of its own."""
    window = Window(browser, **options)
    wrong = window.wrong
    # This also catches requests that fail silently. It is slow: a page makes dozens of requests.
    window.page.on("request", lambda asked: urlsplit(asked.url).hostname in {HOST, None} or wrong.append(asked.url))
    yield window.page
    window.context.close()
    window.check()


def found_by_axe(page, context=None):
    """What Axe finds wrong with a page, light and dark: its styles alone say how it looks, so it need not be opened twice."""
    found = []
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look)
        # Colours are judged when nothing moves any more.
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished)).then(() => null)")
        for one in Axe().run(page, context=context).response["violations"]:
            node = one["nodes"][0]
            found.append((look, one["id"], one["impact"], node["html"], node.get("failureSummary")))
    page.emulate_media(color_scheme="null")
    return found


def work_until_shown(browser, address, selector):
    """Seconds of processor time that a new page and its workers take until an element is shown.

    On a machine that does nothing else, that is about the time on the clock; on a busy one the clock says little.
    """
    with watched(browser) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(address, wait_until="commit")
        page.locator(selector).first.wait_for()
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "ProcessTime")


def until(condition, seconds=30):
    """Wait for what no element shows."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
