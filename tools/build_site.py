"""What `make docs` adds to MkDocs: pages made from files outside docs/, and doctests as code.

Pages made here are never written down, so that they cannot drift: the home page is the README; CHANGELOG,
the licence and the examples are those of the repository; the page of the command is its help; each module of the reference
stands beside its Rust mirror, and the specification names the modules of each rule (``side_by_side.py``).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from minitok.course.lessons import lesson_notebook
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Link

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
# MkDocs loads this file by its path.
sys.path.insert(0, str(ROOT / "tools"))
from command_page import command_page  # noqa: E402
from side_by_side import MODULES, READING_ORDER, anchors, link_rules, mirror, with_places  # noqa: E402

SPECIFICATION = ROOT / "docs" / "spec.md"
# Where the text of a module goes.
MIRROR = '<div id="mirror"></div>'
# A picture for dark pages beside one for light pages: as the site's own switch says, not the system's.
PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*'
    r'<img ([^>]*)src="([^"]+)"([^>]*)>\s*</picture>'
)
# A file that the site does not have is shown by the repository.
REPOSITORY = "https://github.com/minitok/minitok/blob/main/"
OUTSIDE = re.compile(r"\]\((?:\.\./)+(\w[\w/.#-]*)\)")
PLAYGROUND = "playground/index.html"
# A sentence to type over, its tokens and a tree, before the first paragraph of the home page.
LIVE = (
    f'<iframe class="live" src="{PLAYGROUND}?embed=tree" title="Type, and see the tokens and how one is made"></iframe>'
)
# How much more a page counts when it is searched for. What to do comes before how it is defined, and the source comes last.
BOOSTS = {"guides/": 8, "course/": 3, "api/": 2, "source/": 0.2, "changelog": 0.2}
FROM_ROOT = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    config.markdown_extensions.append(FencedDoctests())
    for section in config.nav or []:
        if "Understand" in section:
            section["Understand"] += unnamed_pages(Path(config.docs_dir), str(config.nav))
        if "Read the source" in section:
            section["Read the source"] += [{name: f"source/{name}.md"} for name in READING_ORDER]
    return config


def unnamed_pages(docs: Path, nav: str) -> list[str]:
    """The pages at the top of docs/ that mkdocs.yml does not name: a new page needs no line there."""
    return [page.name for page in sorted(docs.glob("*.md")) if f"'{page.name}'" not in nav]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for source, page in FROM_ROOT.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if page == "index.md":
            button = f'<a class="md-button" href="{PLAYGROUND}">Open the playground</a>'
            head, first, rest = text.split("\n\n", 2)
            text = f"---\nhide: [navigation]\n---\n\n{head}\n\n{LIVE}\n\n{first}\n\n{button}\n\n{rest}"
        files.append(File.generated(config, page, content=with_site_links(side_by_side(text))))
    licence = "\n\n".join(f"## {name}\n\n{fenced(ROOT / name, 'text')}" for name in ("LICENSE", "NOTICE"))
    files.append(File.generated(config, "license.md", content=f"# License\n\n{licence}\n"))
    files.append(File.generated(config, "examples.md", content=examples_page()))
    files.append(File.generated(config, "command.md", content=command_page()))
    for name in READING_ORDER:
        files.append(File.generated(config, f"source/{name}.md", content=source_page(name)))
    for lesson in sorted((ROOT / "docs" / "course").glob("lesson-*.md")):
        address = f"{config.site_url}course/{lesson.stem}.html" if config.site_url else None
        notebook = lesson_notebook(lesson.read_text(encoding="utf-8"), address)
        content = json.dumps(notebook, ensure_ascii=False, indent=1)
        files.append(File.generated(config, f"course/{lesson.stem}.ipynb", content=content))
    return files


def on_nav(nav: Navigation, **_: object) -> Navigation:
    """The tab of the playground leads to the playground; what it can do stands among the guides."""
    guides = next(at for at, item in enumerate(nav.items) if item.title == "Guides")
    nav.items.insert(guides, Link("Playground", PLAYGROUND))
    return nav


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """The specification with links into the source; pages of things to do are found first."""
    uri = page.file.src_uri
    boost = next((boost for start, boost in BOOSTS.items() if uri.startswith(start)), None)
    if boost is not None:
        page.meta.setdefault("search", {"boost": boost})
    markdown = with_places(markdown) if uri == "spec.md" else markdown
    return OUTSIDE.sub(
        lambda link: f"]({REPOSITORY}{link[1]})" if uri.count("/") + 1 == link[0].count("../") else link[0], markdown
    )


def on_page_content(html: str, page: Page, **_: object) -> str:
    """A table without heads has none, and an empty one is a cell. The pages of the source get the text of both languages."""
    html = re.sub(r"<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>\s*", "", html)
    html = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html)
    html = PICTURE.sub(r'<img \2src="\3#only-light"\4><img \2src="\1#only-dark"\4>', html)
    found = re.fullmatch(r"source/(\w+)\.md", page.file.src_uri)
    if not found:
        return html
    known = anchors(SPECIFICATION.read_text(encoding="utf-8"))
    return link_rules(html.replace(MIRROR, mirror(found[1])), known, "../spec.html")


def on_post_page(output: str, **_: object) -> str:
    """The theme's search box with a name, for those who do not see it."""
    return output.replace(
        'data-md-component="search" role="dialog"', 'data-md-component="search" role="dialog" aria-label="Search"'
    )


# -- pages -----------------------------------------------------------------------------------------------------------


def with_site_links(text: str) -> str:
    """Replaces links into the repository by links to the page that shows the file."""
    text = text.replace("](docs/", "](").replace('="docs/', '="')
    for source, page in FROM_ROOT.items():
        text = text.replace(f"]({source})", f"]({page})")
    text = re.sub(r"\]\(examples/(\w+)\.py\)", r"](examples.md#\1)", text)
    text = re.sub(
        r"\]\((CONTRIBUTING\.md|(?:benchmarks|examples|notes|rust)/[\w/]+\.\w+)\)",
        rf"]({REPOSITORY}\1)",
        text,
    )
    text = re.sub(r"\]\(python/minitok/reference/(?:(?:published|more)/)?(\w+)\.py\)", r"](source/\1.md)", text)
    return re.sub(r"\]\((LICENSE|NOTICE)\)", "](license.md)", text)


def side_by_side(text: str) -> str:
    """The README's table of two excerpts as a grid of two blocks of code, each with its file's name."""

    def grid(table: re.Match[str]) -> str:
        blocks = re.findall(r"<!-- excerpt: (\S+) -->\n```(\w+)\n(.*?)```", table[0], re.DOTALL)
        body = "\n".join(f'``` {{ .{language} title="{path}" }}\n{code}```\n' for path, language, code in blocks)
        names = dict.fromkeys(Path(path).stem for path, _, _ in blocks)
        links = ", ".join(f"[{name}](source/{name}.md)" for name in names)
        return f'<div class="grid" markdown>\n\n{body}\n</div>\n\nThe whole of it: {links}.'

    return re.sub(r"<table>.*?</table>", grid, text, flags=re.DOTALL)


def source_page(name: str) -> str:
    """A module of the reference: its documentation, and below it the module and its mirror side by side."""
    dotted = ".".join(MODULES[name].relative_to(ROOT / "python").with_suffix("").parts)
    return "\n\n".join(
        [
            f"---\nhide: [navigation, toc]\n---\n\n# {name}",
            f"::: {dotted}\n    options:\n      members: false\n      show_root_heading: false",
            modules(name),
            MIRROR,
        ]
    )


def modules(current: str) -> str:
    """Links to all modules, in the order of reading: the page has no other navigation beside it."""
    links = [f"**{name}**" if name == current else f"[{name}]({name}.md)" for name in READING_ORDER]
    return f'<p class="modules" markdown>In the order of reading: {", ".join(links)}.</p>'


def examples_page() -> str:
    """The scripts of examples/, one after the other."""
    scripts = sorted((ROOT / "examples").glob("*.py"))
    parts = ["# Examples\n\nShort scripts, each a task from practice. The tests run them all."]
    return "\n\n".join([*parts, *(f"## {script.stem}\n\n{fenced(script, 'python')}" for script in scripts)]) + "\n"


def fenced(path: Path, language: str) -> str:
    return f"``````{language}\n{path.read_text(encoding='utf-8').rstrip()}\n``````"


# -- doctests --------------------------------------------------------------------------------------------------------


class FencedDoctests(Extension):
    """Examples that stand bare in a docstring or a page become blocks of code; Markdown would take `>>>` for quotes."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        md.preprocessors.register(
            Fence(md), "fenced_doctests", 28
        )  # before fences are read, after line ends are made equal


class Fence(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        out: list[str] = []
        fence = ""  # what closes the fence that we are in
        example = False
        for line in lines:
            mark = re.match(r"\s*(`{3,}|~{3,})", line)
            if example and not line.strip():
                out.append("```")
                example = False
            elif line.startswith(">>>") and out and out[-1].strip() == "```python":
                # Its prompts and results are told from what is typed, so that only that is copied.
                out[-1] = out[-1].replace("python", "pycon")
            elif not example and mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
            elif not example and not fence and line.startswith(">>>"):
                out.append("```pycon")
                example = True
            out.append(line)
        return [*out, "```"] if example else out
