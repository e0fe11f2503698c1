"""Modules of JavaScript as one script: each is a block that gives what it exports, after those that it imports from.

Comments on lines of their own are left out.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

FROM = re.compile(r'^(?:import|export) (?:\* as )?(\{[^}]*\}|\w+) from "([^"]+)";$', re.MULTILINE)
LISTED = re.compile(r"^export \{ ([^}]*) \}", re.MULTILINE)
COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
DECLARED = re.compile(r"^export ((?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)


def bundle(entry: str, read: Callable[[str], str], apart: Collection[str] = ()) -> str:
    """A module, and all that it imports from, as one script.

    Args:
        entry: The path of the module that runs.
        read: Gives the text of a module by its path.
        apart: Modules that stay files of their own. The script imports them, so it must be a module, too.

    Raises:
        ValueError: A module imports or exports in a way that is not known here.

    >>> modules = {"a.js": 'import { b } from "./b.js";\\nconsole.log(b);\\n', "b.js": "export const b = 2;\\n"}
    >>> print(bundle("a.js", modules.__getitem__))
    "use strict";
    const $b_js = (() => {
    const b = 2;
    return { b };
    })();
    const $a_js = (async () => {
    const { b } = $b_js;
    console.log(b);
    return {  };
    })();
    <BLANKLINE>
    """
    blocks: dict[str, str] = {}

    def add(name: str) -> str:
        """The constant that has what a module exports."""
        constant = "$" + re.sub(r"\W", "_", name)
        if name in apart:
            blocks[name] = f'import * as {constant} from "./{relpath(name, dirname(entry) or ".")}";\n'
        elif name not in blocks:
            source = COMMENT.sub("", read(name))
            given = [one for _, one in DECLARED.findall(source)] + LISTED.findall(source)
            source = FROM.sub(
                lambda found: f"const {found[1]} = {add(normpath(join(dirname(name), found[2])))};", source
            )
            source = DECLARED.sub(r"\1", re.sub(r"^export \{[^}]*\};$", "", source, flags=re.MULTILINE))
            if left := re.search(r"^(?:import|export)\b.*", source, re.MULTILINE):
                raise ValueError(f"{name}: {left[0]}")
            # Only the module that runs may wait.
            start = "async () => {" if name == entry else "() => {"
            blocks[name] = f"const {constant} = ({start}\n{source}return {{ {', '.join(given)} }};\n}})();\n"
        return constant

    add(entry)
    return '"use strict";\n' + "".join(blocks.values())
