"""Questions to the core that are asked past the page."""

import json

ASK = "([name, data]) => import(new URL('static/source.js', location)).then((source) => source.ask(name, data))"
# Typed arrays as lists, so that they come out of the browser.
PLAIN = f"async (asked) => JSON.parse(JSON.stringify(await ({ASK})(asked), (_, one) => ArrayBuffer.isView(one) ? [...one] : one))"
# Many, one after the other: to ask takes longer than to answer.
EACH = f"async (all) => {{ const answers = []; for (const asked of all) answers.push(await ({PLAIN})(asked)); return answers; }}"


def as_json(answer):
    """An answer of the library as the browser would read it."""
    return json.loads(json.dumps(answer))
