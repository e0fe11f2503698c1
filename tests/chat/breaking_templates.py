"""Templates that try to make a conversation that grows go wrong, by what each of them leans on.

Each asks where the conversation ends in a way of its own, or keeps something from turn to turn.
"""

SAY = "{{ m.role }}:{{ m.content }}<|im_end|>"
ALL = "{% for m in messages %}" + SAY + "{% endfor %}"
SEARCH = (
    "{% set ns = namespace(go=true, last=messages|length - 1) %}{% for m in messages[::-1] %}"
    "{% set i = (messages|length - 1) - loop.index0 %}{% if ns.go and m.role == 'user' %}"
    "{% set ns.go = false %}{% set ns.last = i %}{% endif %}{% endfor %}"
)
LAST_USER = (
    "{% set ns = namespace(last=0, other=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}"
    "{% endfor %}"
)

# What asks for the end.
ASKING = {
    "loop.last": "{% for m in messages %}{{ m.content }}{% if not loop.last %}<|im_end|>{% endif %}{% endfor %}",
    "loop.revindex": "{% for m in messages %}{{ m.content }}{{ loop.revindex }}<|im_end|>{% endfor %}",
    "loop.revindex0 below a limit": "{% for m in messages %}{% if loop.revindex0 < 2 %}!{% endif %}"
    + SAY
    + "{% endfor %}",
    "loop.length": "{% for m in messages %}{{ loop.length }}" + SAY + "{% endfor %}",
    "length of the loop": "{% for m in messages %}{{ loop | length }}" + SAY + "{% endfor %}",
    "loop.nextitem": "{% for m in messages %}" + SAY + "{{ loop.nextitem.role }}{% endfor %}",
    "loop.previtem": "{% for m in messages %}{{ loop.previtem.role }}" + SAY + "{% endfor %}",
    "loop.changed": "{% for m in messages %}{% if loop.changed(m.role) %}=={% endif %}" + SAY + "{% endfor %}",
    "loop.cycle": "{% for m in messages %}{{ loop.cycle('a', 'b', 'c') }}" + SAY + "{% endfor %}",
    "loop as text": "{% for m in messages %}{{ loop }}" + SAY + "{% endfor %}",
    "length": "{% for m in messages %}{{ messages | length }}" + SAY + "{% endfor %}",
    "count": "{{ messages | count }}" + ALL,
    "the last item": "{% for m in messages %}{% if m is sameas messages[-1] %}last{% endif %}" + SAY + "{% endfor %}",
    "the last filter": "{{ (messages | last).role }}" + ALL,
    "the first filter": "{{ (messages | first).role }}" + ALL,
    "one before the end": "{% for m in messages %}{{ messages[-2].role }}" + SAY + "{% endfor %}",
    "the next one": "{% for m in messages %}{{ messages[loop.index].role }}" + SAY + "{% endfor %}",
    "the next is defined": "{% for m in messages %}{% if messages[loop.index] is defined %}+{% endif %}"
    + SAY
    + "{% endfor %}",
    "two ahead": "{% for m in messages %}{{ messages[loop.index0 + 2].content | default('none') }}<|im_end|>{% endfor %}",
    "all but the first": "{% set messages = messages[1:] %}" + ALL,
    "all but the first two": "{% for m in messages[2:] %}" + SAY + "{% endfor %}",
    "all but the last": "{% for m in messages[:-1] %}" + SAY + "{% endfor %}",
    "the last three": "{% for m in messages[-3:] %}" + SAY + "{% endfor %}",
    "backwards": "{% for m in messages | reverse %}" + SAY + "{% endfor %}",
    "a copy": "{% for m in messages[:] %}" + SAY + "{% endfor %}",
    "whether there are more": "{{ 'more' if messages[1:] }}{{ 'many' if messages[2:] }}" + ALL,
    "loop.length behind the first": "{% for m in messages[1:] %}{{ loop.length }}" + SAY + "{% endfor %}",
    "every second": "{% for m in messages[::2] %}" + SAY + "{% endfor %}",
    "the rest in a turn": "{% for m in messages %}{{ m.content }}{% for n in messages[loop.index:] %}{{ n.role[0] }}{% endfor %}<|im_end|>{% endfor %}",
    "all in a turn": "{% for m in messages %}{% for n in messages %}{{ n.role[0] }}{% endfor %}" + SAY + "{% endfor %}",
    "selected": "{% for m in messages | selectattr('role', 'equalto', 'user') %}" + SAY + "{% endfor %}",
    "selected in a turn": "{% for m in messages %}{{ messages | selectattr('role', 'equalto', 'tool') | list | length }}"
    + SAY
    + "{% endfor %}",
    "a filtered loop": "{% for m in messages if m.role != 'tool' %}" + SAY + "{{ loop.index }}{% endfor %}",
    "a loop with else": "{% for m in messages[1:] %}" + SAY + "{% else %}none{% endfor %}",
    "the loop of another": "{% for a in [1, 2] %}{% for m in messages %}{{ a }}" + SAY + "{% endfor %}{% endfor %}",
    "a sum": "{% for m in messages %}"
    + SAY
    + "{% endfor %}{{ messages | map(attribute='content') | map('length') | sum }}",
    "a list that is added to": "{% for m in messages + [{'role': 'user', 'content': 'x'}] %}" + SAY + "{% endfor %}",
    "a list as text": "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}{{ messages | length }}{{ (messages ~ '')[:20] }}",
    "a list as JSON": ALL + "{{ messages | tojson }}",
    "a list in a list": "{% for m in [messages, messages][1] %}" + SAY + "{% endfor %}",
    "is it a list": "{{ messages is iterable }}{{ messages is sequence }}{{ messages is mapping }}{{ messages is string }}"
    + ALL,
    "methods of a list": "{{ messages.copy is defined }}{{ messages.first is defined }}{{ messages.watch is defined }}"
    + ALL,
    "an index that is none": "{{ messages['x'] is defined }}{{ messages[1.0] is defined }}{{ messages[1.0:] is defined }}"
    + ALL,
    "an index that is true": "{{ messages[true].role }}{% for m in messages[true:] %}" + SAY + "{% endfor %}",
    "in a list": "{% for m in messages %}{% if m in messages[1:] %}+{% endif %}" + SAY + "{% endfor %}",
    "an equal list": "{% for m in messages %}{% if messages == [m] %}only{% endif %}" + SAY + "{% endfor %}",
    "groups": "{% for g in messages | groupby('role') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}" + ALL,
    "batches": "{% for b in messages | batch(2) %}{% for m in b %}" + SAY + "{% endfor %}|{% endfor %}",
    "a break": "{% for m in messages %}{% if m.role == 'tool' %}{% break %}{% endif %}" + SAY + "{% endfor %}",
    "a break at the end": "{% for m in messages %}{% if loop.last %}{% break %}{% endif %}" + SAY + "{% endfor %}",
    "a continue": "{% for m in messages %}{% if m.role == 'tool' %}{% continue %}{% endif %}" + SAY + "{% endfor %}",
    "the answer begins": ALL + "{% if add_generation_prompt %}<|im_start|>{% endif %}",
    "the answer begins, in a turn": "{% for m in messages %}"
    + SAY
    + "{% if loop.last and add_generation_prompt %}>{% endif %}{% endfor %}",
    "the answer as a number": "{{ add_generation_prompt | int }}{{ [7, 8][add_generation_prompt] }}{{ {true: 1, false: 2}[add_generation_prompt] }}"
    + ALL,
    "the answer, tested": "{{ add_generation_prompt is true }}{{ add_generation_prompt is number }}{{ add_generation_prompt is sameas true }}"
    + ALL,
    "the answer, kept": "{% set a = add_generation_prompt %}{% for m in messages %}{{ a }}" + SAY + "{% endfor %}",
    "the answer in a namespace": "{% set ns = namespace(a=add_generation_prompt) %}{% for m in messages %}{{ ns.a }}"
    + SAY
    + "{% endfor %}",
    "the answer in a macro": "{% macro f(x) %}{{ x }}{{ add_generation_prompt }}{% endmacro %}{% for m in messages %}{{ f(m.role) }}{{ m.content }}<|im_end|>{% endfor %}",
    "another name for the answer": "{% for m in messages %}{% set add_generation_prompt = loop.index0 %}{{ add_generation_prompt }}"
    + SAY
    + "{% endfor %}",
    "a recursive loop": "{% for m in messages recursive %}" + SAY + "{% endfor %}",
    "a block": "{% block all %}" + ALL + "{% endblock %}{{ messages | length }}",
    "a call block": "{% macro f() %}[{{ caller() }}]{% endmacro %}{% for m in messages %}{% call f() %}{{ messages | length }}{% endcall %}{% endfor %}",
    "a set block": "{% set all %}"
    + ALL
    + "{% endset %}{{ all }}{% for m in messages %}{{ all | length }}{{ m.content }}<|im_end|>{% endfor %}",
    "generation": "{% for m in messages %}{% generation %}{{ m.content }}{{ loop.last }}<|im_end|>{% endgeneration %}{% endfor %}",
}

# What turns, or what is before them, leave for later ones.
KEEPING = {
    "a counter": "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ ns.n }}"
    + SAY
    + "{% endfor %}",
    "a text that grows": "{% set ns = namespace(t='') %}{% for m in messages %}{% set ns.t = ns.t + m.content %}{{ ns.t }}<|im_end|>{% endfor %}",
    "a text that is gathered first": "{% set ns = namespace(t='') %}{% for m in messages %}{% if m.role == 'system' %}{% set ns.t = ns.t ~ m.content %}"
    "{% endif %}{% endfor %}{{ ns.t }}" + ALL,
    "the last text": "{% set t = messages[-1].content %}{% for m in messages %}{{ t }}<|im_end|>{% endfor %}",
    "the last text in a list": "{% set t = [messages[-1].content] %}{% for m in messages %}{{ t[0] }}<|im_end|>{% endfor %}",
    "the last text in a dict": "{% set t = {'a': {'b': messages[-1].content}} %}{% for m in messages %}{{ t.a.b }}<|im_end|>{% endfor %}",
    "the last role, trusted": "{% set t = messages[-1].role %}{% for m in messages %}{{ '<|' + t + '|>' }}{{ m.content }}{% endfor %}",
    "one or true": "{% set t = 1 if messages | length > 3 else true %}{% for m in messages %}{{ t }}"
    + SAY
    + "{% endfor %}",
    "one or 1.0": "{% set t = 1 if messages | length > 3 else 1.0 %}{% for m in messages %}{{ t }}"
    + SAY
    + "{% endfor %}",
    "a zero with a sign": "{% set t = -0.0 if messages | length > 3 else 0.0 %}{% for m in messages %}{{ t }}"
    + SAY
    + "{% endfor %}",
    "undefined or none": "{% set t = none if messages | length > 3 else nothing %}{% for m in messages %}{{ t }}"
    + SAY
    + "{% endfor %}",
    "a joiner": "{% set j = joiner(',') %}{% for m in messages %}{{ j() }}" + SAY + "{% endfor %}",
    "a cycler": "{% set c = cycler('a', 'b', 'c') %}{% for m in messages %}{{ c.next() }}" + SAY + "{% endfor %}",
    "a joiner made in a turn": "{% set ns = namespace(j=none) %}{% for m in messages %}{% if loop.first %}{% set ns.j = joiner(',') %}{% endif %}"
    "{{ ns.j() }}" + SAY + "{% endfor %}",
    "a cycler in a list made in a turn": "{% set ns = namespace(c=none) %}{% for m in messages %}{% if loop.first %}{% set ns.c = [cycler(1, 2, 3)] %}"
    "{% endif %}{{ ns.c[0].next() }}" + SAY + "{% endfor %}",
    "what is left of a generator": "{% set g = [1, 2, 3, 4, 5, 6] | map('string') %}{% for m in messages %}{{ g | first }}"
    + SAY
    + "{% endfor %}",
    "a generator in a namespace": "{% set ns = namespace(g=none) %}{% for m in messages %}{% if loop.first %}"
    "{% set ns.g = [1, 2, 3, 4, 5, 6] | map('string') %}{% endif %}{{ ns.g | first }}" + SAY + "{% endfor %}",
    "the rest in a namespace": "{% set ns = namespace(r=none) %}{% for m in messages %}{% if loop.first %}{% set ns.r = messages[1:] %}{% endif %}"
    "{{ ns.r | length }}" + SAY + "{% endfor %}",
    "the rest in a list in a namespace": "{% set ns = namespace(r=none) %}{% for m in messages %}{% if loop.first %}"
    "{% set ns.r = [messages[1:]] %}{% endif %}{{ ns.r[0] | length }}" + SAY + "{% endfor %}",
    "the next one in a namespace": "{% set ns = namespace(n='') %}{% for m in messages %}{{ ns.n }}"
    + SAY
    + "{% set ns.n = messages[loop.index].content if messages[loop.index] else 'end' %}{% endfor %}",
    "a namespace with two names": "{% set a = namespace(n=messages|length) %}{% set b = a %}{% for m in messages %}"
    "{% if loop.index0 + 2 < a.n %}.{% endif %}{{ b.n }}" + SAY + "{% endfor %}",
    "a namespace in a namespace": "{% set a = namespace(n=messages|length) %}{% set b = namespace(a=a) %}{% for m in messages %}"
    "{% if loop.index0 + 2 < a.n %}.{% endif %}{{ b.a.n }}" + SAY + "{% endfor %}",
    "a namespace in a list": "{% set a = namespace(n=0) %}{% set b = [a] %}{% for m in messages %}{{ b[0].n }}{% set a.n = a.n + 1 %}"
    + SAY
    + "{% endfor %}",
    "a namespace made in a turn": "{% set ns = namespace(in=none) %}{% for m in messages %}{% if loop.first %}{% set ns.in = namespace(n=0) %}{% endif %}"
    "{% set own = ns.in %}{% set own.n = own.n + 1 %}{{ own.n }}" + SAY + "{% endfor %}",
    "two loops in branches": "{% if messages | length > 3 %}{% for m in messages %}A{{ m.content }}<|im_end|>{% endfor %}{% else %}"
    "{% for m in messages %}B{{ m.content }}<|im_end|>{% endfor %}{% endif %}",
    "two loops": ALL + "{{ messages | length }}{% for m in messages %}{{ m.content }}{{ loop.last }}{% endfor %}",
    "a loop that is there at times": "{% if messages | length > 3 %}{% for m in messages %}A{% endfor %}{% endif %}"
    + ALL,
    "a macro in branches": "{% if messages | length > 3 %}{% macro f(m) %}A{{ m.content }}{% endmacro %}{% else %}{% macro f(m) %}B{{ m.content }}{% endmacro %}"
    "{% endif %}{% for m in messages %}{{ f(m) }}<|im_end|>{% endfor %}",
    "a macro of a turn": "{% set ns = namespace(f=none) %}{% for m in messages %}{% macro f() %}{{ m.content }}{% endmacro %}{{ ns.f() if ns.f else '' }}"
    "{% set ns.f = f %}<|im_end|>{% endfor %}",
    "a macro of a turn, by a name": "{% set ns = namespace(f=none) %}{% for m in messages[-1:] %}{% macro f() %}{{ m.content }}{% endmacro %}{% set ns.f = f %}"
    "{% endfor %}{% set f = ns.f %}{% for m in messages %}{{ f() }}" + SAY + "{% endfor %}",
    "a macro and a variable that changes": "{% set x = messages | length %}{% macro f() %}{{ x }}{% endmacro %}{% set x = x + 1 %}"
    "{% for m in messages %}{{ f() }}" + SAY + "{% endfor %}",
    "a macro with a namespace": "{% set ns = namespace(n=0) %}{% macro f() %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{% endmacro %}"
    "{% for m in messages %}{{ f() }}" + SAY + "{% endfor %}",
    "a caller that is kept": "{% set ns = namespace(c=none) %}{% macro f() %}{% set ns.c = caller %}{% endmacro %}{% for m in messages %}"
    "{{ ns.c() if ns.c else '' }}{% call f() %}{{ m.content }}{% endcall %}<|im_end|>{% endfor %}",
}

KEEPING |= {
    "the rest in a namespace, read by number": "{% set ns = namespace(r=none) %}{% for m in messages %}{% if loop.first %}"
    "{% set ns.r = messages[1:] %}{% else %}{{ ns.r[loop.index0 - 1] is defined }}{% endif %}<|im_end|>{% endfor %}",
    "the rest in a list, read by number": "{% set ns = namespace(r=none) %}{% for m in messages %}{% if loop.first %}"
    "{% set ns.r = [messages[1:]] %}{% else %}{{ ns.r[0][loop.index0 - 1] is defined }}{% endif %}<|im_end|>{% endfor %}",
}

# Turns that look for a later message.
FINAL = (
    "{% for m in messages %}{% set f = namespace(found=false) %}{% for n in messages[loop.index:] %}"
    "{% if n.role == 'assistant' and 'tool_calls' not in n %}{% set f.found = true %}{% endif %}{% endfor %}{{ f.found }}"
    + SAY
    + "{% endfor %}"
)
LATER = {
    "a later answer": FINAL,
    "a later answer, in calls only": FINAL.replace("{% set f =", "{% if m.tool_calls %}{% set f =").replace(
        "{{ f.found }}", "{{ f.found }}{% endif %}"
    ),
    "any answer": FINAL.replace("[loop.index:]", "[1:]"),
    "an answer behind the next": FINAL.replace("[loop.index:]", "[loop.index + 1:]"),
    "no later answer": FINAL.replace("found=false", "found=true").replace("f.found = true", "f.found = false"),
    "two tests": FINAL + FINAL.replace("'assistant'", "'user'"),
    "two tests in a turn": FINAL.replace(
        "{{ f.found }}",
        "{{ f.found }}{% for n in messages[loop.index:] %}{% if n.role == 'tool' %}{% set f.tool = 1 %}{% endif %}{% endfor %}{{ f.tool }}",
    ),
    "one test twice": FINAL.replace("{% for n in", "{% for k in [0, 3] %}{% for n in", 1)
    .replace("[loop.index:]", "[k:]")
    .replace("{{ f.found }}", "{% endfor %}{{ f.found }}"),
    "a test that fails": FINAL.replace("'tool_calls' not in n", "n.content.split(n.role[0])[1] != 'x'"),
    "a test of the turn": FINAL.replace("'tool_calls' not in n", "n.content != m.content"),
    "a count": FINAL.replace("f.found = true", "f.found = f.found + 1"),
    "the number of a later one": FINAL.replace("f.found = true", "f.found = loop.index"),
    "the text of a later one": FINAL.replace("f.found = true", "f.found = n.content"),
    "a later one, printed": FINAL.replace("{% set f.found = true %}", "{% set f.found = true %}!"),
    "a later one, or none": FINAL.replace(
        "{% endif %}{% endfor %}{{ f", "{% else %}{% set f.other = true %}{% endif %}{% endfor %}{{ f.other }}{{ f"
    ),
    "found before the loop": "{% set f = namespace(found=false) %}{% for n in messages[2:] %}{% if n.role == 'user' %}{% set f.found = true %}{% endif %}"
    "{% endfor %}{{ f.found }}" + ALL,
    "in a macro": "{% macro g(k) %}"
    + FINAL[len("{% for m in messages %}") : -len(SAY + "{% endfor %}")].replace("loop.index", "k")
    + "{% endmacro %}"
    "{% for m in messages %}{{ g(loop.index) }}" + SAY + "{% endfor %}",
}

# Numbers that turns only compare, and searches.
COMPARING = {
    "a number that is compared": LAST_USER
    + "{% for m in messages %}{% if loop.index0 > ns.last %}+{% endif %}"
    + SAY
    + "{% endfor %}",
    "with another, once": "{% set ns = namespace(a=3, b=messages|length) %}{% for m in messages %}{{ ns.a < ns.b }}"
    + SAY
    + "{% endfor %}",
    "printed in a second loop": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{% endfor %}{% for m in messages %}{{ ns.last }}"
    + SAY
    + "{% endfor %}",
    "in one turn": "{% set ns = namespace(n=messages|length) %}{% for m in messages %}{% if loop.index == 2 %}{{ ns.n > 5 }}{% endif %}"
    + SAY
    + "{% endfor %}",
    "in every way": LAST_USER
    + "{% for m in messages %}{{ loop.index0 < ns.last }}{{ ns.last <= loop.index0 }}{{ loop.index0 == ns.last }}"
    "{{ ns.last != loop.index }}{{ loop.index >= ns.last }}" + SAY + "{% endfor %}",
    "in a chain": LAST_USER
    + "{% for m in messages %}{{ 0 < ns.last < loop.index0 }}{{ loop.index0 < ns.last < 9 }}"
    + SAY
    + "{% endfor %}",
    "with a float": LAST_USER
    + "{% for m in messages %}{{ ns.last > 1.5 }}{{ 2.5 > ns.last }}{{ ns.last == 2.0 }}"
    + SAY
    + "{% endfor %}",
    "with another": "{% set ns = namespace(a=3, b=messages|length) %}{% for m in messages %}{{ ns.a < ns.b }}{{ ns.b == ns.a }}"
    + SAY
    + "{% endfor %}",
    "with itself": LAST_USER
    + "{% for m in messages %}{{ ns.last == ns.last }}{{ ns.last < ns.last }}"
    + SAY
    + "{% endfor %}",
    "with true": LAST_USER + "{% for m in messages %}{{ ns.last == true }}{{ ns.last > false }}" + SAY + "{% endfor %}",
    "with text": LAST_USER + "{% for m in messages %}{{ ns.last == '2' }}{{ ns.last != none }}" + SAY + "{% endfor %}",
    "in a list": LAST_USER + "{% for m in messages %}{{ ns.last in [0, 2, 4] }}" + SAY + "{% endfor %}",
    "in a dict": LAST_USER + "{% for m in messages %}{{ ns.last in {0: 1, 3: 1} }}" + SAY + "{% endfor %}",
    "not in a dict": LAST_USER + "{% for m in messages %}{{ ns.last not in {0: 1, 3: 1} }}" + SAY + "{% endfor %}",
    "printed behind the loop": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}"
    + SAY
    + "{% endfor %}{{ ns.last }}{{ ns.last | tojson }}",
    "printed in a macro": LAST_USER
    + "{% macro f() %}{{ ns.last }}{% endmacro %}{% for m in messages %}{{ f() }}{{ loop.index0 > ns.last }}"
    + SAY
    + "{% endfor %}",
    "read by its name": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{{ ns['last'] }}"
    + SAY
    + "{% endfor %}",
    "printed with its namespace": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{{ ns }}"
    + SAY
    + "{% endfor %}",
    "printed by another name": LAST_USER
    + "{% set other = ns %}{% for m in messages %}{{ loop.index0 > ns.last }}{{ other.last }}"
    + SAY
    + "{% endfor %}",
    "as a truth": LAST_USER
    + "{% for m in messages %}{{ 1 if ns.last else 0 }}{{ loop.index0 > ns.last }}"
    + SAY
    + "{% endfor %}",
    "in arithmetic": LAST_USER + "{% for m in messages %}{{ loop.index0 > ns.last - 1 }}" + SAY + "{% endfor %}",
    "set in a turn": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{% if m.role == 'tool' %}{% set ns.last = 0 %}{% endif %}"
    + SAY
    + "{% endfor %}",
    "in two loops": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{% endfor %}{% for m in messages %}{{ loop.index0 < ns.last }}"
    + SAY
    + "{% endfor %}",
    "found by a search": SEARCH + "{% for m in messages %}{{ loop.index0 > ns.last }}" + SAY + "{% endfor %}",
    "printed, found by a search": SEARCH + "{{ ns.last }}{{ ns.go }}" + ALL,
    "two searches": SEARCH
    + SEARCH.replace("'user'", "'assistant'").replace("ns", "mine")
    + "{{ ns.last }}{{ mine.last }}"
    + ALL,
    "a search that looks at the loop": SEARCH.replace("m.role == 'user'", "m.role == 'user' and loop.index0 > 1")
    + "{{ ns.last }}"
    + ALL,
    "a search that looks at a namespace": SEARCH.replace("m.role == 'user'", "m.role == 'user' and i < ns.last - 1")
    + "{{ ns.last }}"
    + ALL,
    "a search that fails": SEARCH.replace(
        "{% set i", "{% set x = m.tool_calls[0].function.name.x.y if m.role == 'tool' else 1 %}{% set i"
    )
    + "{{ ns.last }}"
    + ALL,
    "a search whose test fails": SEARCH.replace("m.role == 'user'", "m.content.split(m.role[0])[1] == 'x'")
    + "{{ ns.last }}"
    + ALL,
    "a search that finds two": SEARCH.replace(
        "{% set ns.go = false %}", "{% set ns.go = ns.last == messages|length - 1 %}"
    )
    + "{{ ns.last }}"
    + ALL,
    "a search that uses loop.last": SEARCH.replace("{% set ns.last = i %}", "{% set ns.last = i %}{{ loop.last }}")
    + "{{ ns.last }}"
    + ALL,
    "a search that uses loop.first": SEARCH.replace("m.role == 'user'", "m.role == 'user' and not loop.first")
    + "{{ ns.last }}"
    + ALL,
    "a search in another order": SEARCH.replace("[::-1]", "") + "{{ ns.last }}" + ALL,
    "a search whose flag is another's": SEARCH.replace(
        "{% set ns.last = i %}", "{% set ns.last = i %}{% set other.go = true %}"
    ).replace("{% for", "{% set other = ns %}{% for", 1)
    + "{{ ns.last }}"
    + ALL,
}

COMPARING |= {
    f"by {comparison} alone, {kind}": LAST_USER.replace("ns.last = loop", f"ns.last = {sign}loop")
    + "{% for m in messages %}{{ ns.last "
    + comparison
    + " "
    + sign
    + "loop.index }}"
    + SAY
    + "{% endfor %}"
    for kind, sign in (("rising", ""), ("falling", "0 - "))
    for comparison in ("<", "<=", ">", ">=", "==", "!=")
}

# What only looks like a number that is compared, or like a search.
COMPARING |= {
    f"from the left by {left}": LAST_USER + "{% for m in messages %}{{ " + left + " ns.last }}" + SAY + "{% endfor %}"
    for left in (
        "true ==",
        "false <",
        "2.5 >",
        "loop.first ==",
        "'' !=",
        "2 * 1.5 <",
        "(m.role == 'tool') ==",
        "ns.other <",
    )
} | {
    "is it the same": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}"
    + SAY
    + "{% endfor %}{{ ns.last is sameas 0 }}",
    "is it the same, behind a break": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{% if loop.index == 2 %}{% break %}{% endif %}"
    + SAY
    + "{% endfor %}{{ ns.last is sameas 0 }}",
    "kept by a second loop": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{% endfor %}{% for m in messages %}{{ ns.other }}{% set ns.other = ns.last %}"
    + SAY
    + "{% endfor %}",
    "kept by a second loop, behind a break": LAST_USER
    + "{% for m in messages %}{{ loop.index0 > ns.last }}{% break %}{% endfor %}{% for m in messages %}{{ ns.other }}{% set ns.other = ns.last %}"
    + SAY
    + "{% endfor %}",
    "a test of a field first": "{% for m in messages %}{% if m.tool_calls and m.role == 'assistant' %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}",
    "a test of the loop first": "{% for m in messages %}{% if loop.last and m.role == 'user' %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}",
    "a search whose flag is a variable of the turn": SEARCH.replace("{% set i", "{% set ns = loop.index0 %}{% set i")
    + ALL,
    "a search that fails where it would have ended": SEARCH.replace(
        "{% set i", "{% set j = loop.nextitem.role %}{% set i"
    )
    + ALL,
    "a search that adds what cannot be": SEARCH.replace("{% set i", "{% set j = loop.previtem - 1 %}{% set i") + ALL,
}

KEEPING |= {
    "one namespace, or two that are equal": "{% set a = namespace(n=0) %}{% set b = namespace(n=0) if messages | length < 4 else a %}"
    "{% for m in messages %}{% set a.n = a.n + 1 %}{{ b.n }}" + SAY + "{% endfor %}",
    "the loop, passed on": "{% macro f(l) %}{{ l.last }}{{ l.index0 }}{% endmacro %}{% for m in messages %}{{ f(loop) }}"
    + SAY
    + "{% endfor %}",
    "the loop in a namespace": "{% set ns = namespace(l=none) %}{% for m in messages %}{{ ns.l.index0 if ns.l }}{% set ns.l = loop %}"
    + SAY
    + "{% endfor %}",
    "the last turn in a namespace": "{% set ns = namespace(m=none) %}{% for m in messages %}{{ ns.m.content if ns.m }}{% set ns.m = m %}"
    + SAY
    + "{% endfor %}",
    "all roles in a list": "{% set ns = namespace(r=[]) %}{% for m in messages %}{% set ns.r = ns.r + [m.role] %}{{ ns.r | unique | join }}"
    + SAY
    + "{% endfor %}",
    "the first of the rest in a namespace": "{% set ns = namespace(r=none) %}{% for m in messages %}{% if loop.first %}{% set ns.r = messages[1:] %}"
    "{% else %}{{ ns.r[0].content }}{% endif %}" + SAY + "{% endfor %}",
    "roles, gathered before": "{% set r = messages | map(attribute='role') | list %}{% for m in messages %}{{ r[loop.index0] }}{{ r | length }}"
    + SAY
    + "{% endfor %}",
    "a lazy filter": "{% set r = messages | map(attribute='role') %}{% for m in messages %}{{ r | first }}"
    + SAY
    + "{% endfor %}",
    "the first that is selected": "{% for m in messages %}{{ (messages | selectattr('role', 'equalto', 'user') | first).content }}"
    + SAY
    + "{% endfor %}",
    "a dict that is made again": "{% set ns = namespace(d={}) %}{% for m in messages %}{% set ns.d = dict(ns.d, **{m.role: loop.index0}) %}{{ ns.d }}"
    + SAY
    + "{% endfor %}",
}

ASKING |= {
    "a turn that takes the next": "{% for m in messages %}{{ m.content }}{% if m.role == 'user' %}{% for n, l in loop %}{{ n.role }}{% break %}{% endfor %}"
    "{% endif %}<|im_end|>{% endfor %}",
    "a turn that takes all": "{% for m in messages %}"
    + SAY
    + "{% if loop.index == 2 %}{{ loop | list | length }}{% endif %}{% endfor %}",
    "with a condition": "{% for m in messages %}{% with last = loop.last %}{{ last }}{% endwith %}"
    + SAY
    + "{% endfor %}",
    "a loop within with": "{% with n = messages | length %}{% for m in messages %}{{ n }}"
    + SAY
    + "{% endfor %}{% endwith %}",
    "a loop within a filter": "{% filter upper %}{% for m in messages %}{{ m.content }}{{ loop.last }}{% endfor %}{% endfilter %}",
    "the rest in a macro": "{% macro f(all) %}{{ all | length }}{% endmacro %}{% for m in messages %}{{ f(messages[loop.index:]) }}"
    + SAY
    + "{% endfor %}",
    "a joined list": "{{ messages | map(attribute='role') | join(',') }}" + ALL,
    "a joined list in a turn": "{% for m in messages %}{{ messages | map(attribute='role') | join(',') }}"
    + SAY
    + "{% endfor %}",
    "a sorted list": "{% for m in messages | sort(attribute='role') %}" + SAY + "{% endfor %}",
    "is the last a user's": "{% for m in messages %}{{ messages[-1].role == 'user' }}" + SAY + "{% endfor %}",
    "by a number from the back": "{% for m in messages %}{{ messages[loop.revindex0].role }}" + SAY + "{% endfor %}",
    "by a number that is out of range": "{% for m in messages %}{{ messages[loop.index0 * 2] is defined }}"
    + SAY
    + "{% endfor %}",
    "some of all, in a turn": "{% for m in messages %}{% for n in messages %}{% if n.role == 'user' %}{{ loop.index }}{% endif %}{% endfor %}"
    + SAY
    + "{% endfor %}",
    "some fields, in a turn": "{% for m in messages %}{% for n in m %}{% if n == 'role' %}{{ m[n] }}{% endif %}{% endfor %}"
    + SAY
    + "{% endfor %}",
    "a name that a list has not": "{{ messages.nothing is defined }}{{ messages['nothing'] is defined }}" + ALL,
    "equal to itself": "{% for m in messages %}{{ messages == messages[0:] }}{{ messages[1:] == messages }}"
    + SAY
    + "{% endfor %}",
    "unequal to a part": "{{ messages[1:] == messages[2:] }}{{ messages != messages[1:] }}" + ALL,
    "is there a second": "{% for m in messages %}{{ 1 if messages[1:] else 0 }}{{ 1 if messages[4:] else 0 }}"
    + SAY
    + "{% endfor %}",
    "stars": "{% macro f() %}{{ varargs | length }}{% endmacro %}{% for m in messages %}{{ f(*messages) }}"
    + SAY
    + "{% endfor %}",
    "the hour": "{{ strftime_now('%Y') }}{% for m in messages %}{{ strftime_now('%Y') }}" + SAY + "{% endfor %}",
    "the hour, by a name": "{% set now = strftime_now %}{% for m in messages %}{{ now('%Y') }}" + SAY + "{% endfor %}",
}

BREAKING = (
    ASKING
    | {f"kept: {name}": source for name, source in KEEPING.items()}
    | {f"compared: {name}": source for name, source in COMPARING.items()}
    | {f"later: {name}": source for name, source in LATER.items()}
)
