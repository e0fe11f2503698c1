"""What the browser tests of the playground do with a page, and the texts that they try."""

from urllib.parse import urlencode

from minitok.reference.text import utf8
from playwright.sync_api import expect
from web import at_rest

MIXED = "I'LL parseHTTPRequest 1234567\n\tnaïve café, 東京 🦀👩‍💻  e\u0301 \u200b<b>"
# The page with two encodings, and with everything that is behind its button.
BEGINNING = "I'LL parseHTTPRequest 1234567\n\tnaïve café, 東京 🦀  unforgettable"
ALL = {"text": BEGINNING, "encodings": "gpt2,o200k_base", "view": "text", "more": 1, "edits": 1, "at": "10,o200k_base"}
OPEN = f"index.html#{urlencode(ALL)}"
HOSTILE = [
    "</textarea><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'><svg onload='window.hurt = 1'>",
    "\"' onmouseover='window.hurt = 1' x=\"",
    "javascript:window.hurt=1 &lt;b&gt; {{7*7}} ${window.hurt=1}",
    "\u202eevil\u2066 \u202b\u2069 مرحبا \u200f\ufeff\x00\x1b[31m\x7f",
    "\ud800 lone \udfff\ud83d surrogates \udc00",
]


# Run in the page: its questions of one kind wait until `release()`; `asked` are all that were asked.
HOLD = """(kind) => {
    const post = Worker.prototype.postMessage;
    const held = [];
    window.asked = [];
    let isHolding = true;
    window.release = () => { isHolding = false; for (const one of held.splice(0)) one(); };
    Worker.prototype.postMessage = function (question, ...more) {
        window.asked.push(question);
        const go = () => post.call(this, question, ...more);
        if (isHolding && question.ask === kind) held.push(go); else go();
    };
}"""


def panel(page, name):
    return page.locator(f".panel[data-encoding='{name}']")


def write(page, text):
    """Put a text into the field, lone surrogates and all, and wait until its tokens are shown."""
    put = "(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }"
    page.locator("#text").evaluate(put, text)
    expect(page.locator("#panels")).to_have_attribute("data-bytes", str(len(utf8(text))))
    at_rest(page)


def ids_shown(page, name):
    at_rest(page)
    return [int(text) for text in panel(page, name).locator(".token").all_inner_texts()]


def choose(page, name, index):
    panel(page, name).locator(".token").nth(index).click()
    page.locator("#inside details").first.wait_for()


def go_to(page, where, step):
    page.locator(f"{where} input[type=range]").fill(str(step))


def train(page, vocab_size, **fields):
    page.locator("#train [name=vocab_size]").fill(str(vocab_size))
    for name, value in fields.items():
        page.locator(f"#train [name={name}]").fill(value)
    page.locator("#train [type=submit]").click()
