"""Templates that try to make a conversation that grows go wrong, by what each of them leans on: ``breaking_templates.txt``.

Each asks where the conversation ends in a way of its own, or keeps something from turn to turn. A line is a name and a template,
in which these names stand for a part.
"""

import re
from pathlib import Path

SAY = "{{ m.role }}:{{ m.content }}<|im_end|>"
PARTS = {
    "EACH": "{% for m in messages %}",
    "END": "{% endfor %}",
    "SAY": SAY,
    "ALL": "{% for m in messages %}" + SAY + "{% endfor %}",
    "SEARCH": "{% set ns = namespace(go=true, last=messages|length - 1) %}{% for m in messages[::-1] %}"
    "{% set i = (messages|length - 1) - loop.index0 %}{% if ns.go and m.role == 'user' %}"
    "{% set ns.go = false %}{% set ns.last = i %}{% endif %}{% endfor %}",
    "LAST_USER": "{% set ns = namespace(last=0, other=0) %}{% for m in messages %}{% if m.role == 'user' %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}",
}
LINES = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
BREAKING = {
    name: re.sub("«([A-Z_]+)»", lambda found: PARTS[found[1]], source)
    for name, source in (line.split(" = ", 1) for line in LINES if line and not line.startswith("#"))
}
