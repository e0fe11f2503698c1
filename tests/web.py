"""For tests in a browser: folders that are served, and pages that report every error."""

import os
import shutil
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOST = "127.0.0.1"
SIZE = {"width": 1200, "height": 900}


# Runs before a page's own scripts: `atRest()` says whether nothing is under way, neither a question to the core nor a short timer. A training
# goes on beside what is asked.
REST = """(() => {
    const [post, end, later, never, timers] = [Worker.prototype.postMessage, Worker.prototype.terminate, setTimeout, clearTimeout, new Set()];
    const open = new Map();
    const close = (worker) => open.set(worker, Math.max(0, (open.get(worker) ?? 0) - 1));
    Worker.prototype.postMessage = function (...given) {
        if (!open.has(this)) {
            this.addEventListener("message", ({ data }) => { if (!data.news) close(this); });
            this.addEventListener("error", () => close(this));
        }
        if (given[0]?.ask !== "train") open.set(this, (open.get(this) ?? 0) + 1);
        return post.apply(this, given);
    };
    Worker.prototype.terminate = function () { open.delete(this); return end.call(this); };
    window.setTimeout = (act, wait, ...more) => {
        const one = later(() => { timers.delete(one); act(...more); }, wait);
        if (!(wait > 500)) timers.add(one);
        return one;
    };
    window.clearTimeout = (one) => { timers.delete(one); never(one); };
    window.atRest = () => timers.size === 0 && [...open.values()].every((one) => one === 0);
})();"""


# Follow a link as a reader does, without loading the page anew; what a link leaves is taken away first: what was written into forms, and what they gave.
# A chat stays as it is, and a page whose questions are held is loaded anew.
FOLLOW = """(fragment) => {
    if (window.asked) return false;
    document.querySelector("#train [name=stop]")?.click();
    for (const form of document.forms) form.reset();
    for (const name of ["learnt", "billed", "completed"]) document.getElementById(name)?.replaceChildren();
    document.activeElement?.blur();
    scrollTo(0, 0);
    const followed = new Promise((done) => addEventListener("hashchange", () => done(true), { once: true }));
    location.hash = location.hash === fragment ? `${fragment}&` : fragment;
    return followed;
}"""


@contextmanager
def launched():
    """A real browser: Debian's Chromium, which `make test-pages` installs, driven by Playwright; the one without windows, if it is there."""
    from playwright.sync_api import expect, sync_playwright

    program = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert program, "Chromium is missing: `make test-pages` installs it, or set CHROMIUM to its program"
    # On a busy machine, what is waited for may take long; what never comes fails all the same.
    expect.set_options(timeout=30_000)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium will not run in its sandbox as root
    with sync_playwright() as playwright:
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        options = [*sandbox, alone, "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


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

    The browser finds no other address (``launched``): asking for one is an error that the page reports.
    """

    def __init__(self, browser, **options):
        self.context = browser.new_context(viewport=SIZE, **options)
        self.context.add_init_script(REST)
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

    def follow(self, address):
        """Whether the page that is open could follow a link to the address: to load it anew takes a second of the processor."""
        page, (place, _, fragment) = self.page, address.partition("#")
        if not fragment or page.url.partition("#")[0] != place or not page.evaluate(FOLLOW, f"#{fragment}"):
            return False
        page.mouse.move(0, 0)
        at_rest(page)
        return True

    @contextmanager
    def used(self, address, ready=".token", *, anew=True, follows=False):
        """The page for one test, loaded anew, or as the last test left it; or it ``follows`` a link. The window stays: a new one takes more time than most
        tests."""
        self.wrong.clear()
        self.page.set_viewport_size(SIZE)
        if (anew or self.page.url != address) and not (follows and self.follow(address)):
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
    """What Axe finds wrong with a page, light and dark: its styles alone say how it looks, so it need not be opened twice.

    In the dark only the colours are others.
    """
    from axe_playwright_python.sync_playwright import Axe

    found, dark = [], {"runOnly": ["color-contrast"]}
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look)
        # Colours are judged when nothing moves any more.
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished)).then(() => null)")
        options = {"resultTypes": ["violations"], **(dark if look == "dark" else {})}
        for one in Axe().run(page, context=context, options=options).response["violations"]:
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


def at_rest(page):
    """Wait until all is shown that follows from what was done: then what a page says may be read at once."""
    until(lambda: page.evaluate("atRest()"))


def until(condition, seconds=30):
    """Wait for what no element shows."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
