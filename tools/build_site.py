"""What `make docs` adds to MkDocs: pages made from files outside docs/, and doctests as code.

Pages made here are never written down, so that they cannot drift: the home page is the README; CONTRIBUTING, CHANGELOG,
the licence and the examples are those of the repository; each module of the reference stands beside its Rust mirror.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from minitok.course.lessons import lesson_notebook
from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parent.parent
# The order in which the header of `minitok.reference` says to read.
READING_ORDER = (
    *("basic", "naive", "pairs", "pretokenize", "special", "vocab", "count", "train", "encode", "decode"),
    *(
        "codec",
        "regexes",
        "regex_reader",
        "regex_tree",
        "unicode",
        "trace",
        "packed",
        "ranks",
        "characters",
        "metaspace",
    ),
)
FROM_ROOT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


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
            text = f"---\nhide: [navigation]\n---\n\n{text}"
        files.append(File.generated(config, page, content=with_site_links(side_by_side(text))))
    licence = "\n\n".join(f"## {name}\n\n{fenced(ROOT / name, 'text')}" for name in ("LICENSE", "NOTICE"))
    files.append(File.generated(config, "license.md", content=f"# License\n\n{licence}\n"))
    files.append(File.generated(config, "examples.md", content=examples_page()))
    for name in READING_ORDER:
        files.append(File.generated(config, f"source/{name}.md", content=source_page(name)))
    for lesson in sorted((ROOT / "docs" / "course").glob("lesson-*.md")):
        notebook = json.dumps(lesson_notebook(lesson.read_text(encoding="utf-8")), ensure_ascii=False, indent=1)
        files.append(File.generated(config, f"course/{lesson.stem}.ipynb", content=notebook))
    return files


# -- pages -----------------------------------------------------------------------------------------------------------


def with_site_links(text: str) -> str:
    """Replaces links into the repository by links to the page that shows the file."""
    text = text.replace("](docs/", "](").replace('="docs/', '="')
    for source, page in FROM_ROOT.items():
        text = text.replace(f"]({source})", f"]({page})")
    text = re.sub(r"\]\(examples/(\w+)\.py\)", r"](examples.md#\1)", text)
    text = re.sub(r"\]\(python/minitok/reference/(\w+)\.py\)", r"](source/\1.md)", text)
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
    """A module of the reference: its documentation, its text, and its mirror's text."""
    parts = [
        f"---\nhide: [toc]\n---\n\n# {name}",
        f"::: minitok.reference.{name}\n    options:\n      members: false\n      show_root_heading: false",
    ]
    for title, path in (
        ("Python, to be read", ROOT / f"python/minitok/reference/{name}.py"),
        ("Rust, to be run", ROOT / f"rust/{name}.rs"),
    ):
        if path.exists():
            language = "python" if path.suffix == ".py" else "rust"
            code = fenced(path, language).replace("\n", "\n    ")
            parts.append(f'=== "{title}"\n\n    `{path.relative_to(ROOT).as_posix()}`\n\n    {code}\n')
    return "\n\n".join(parts)


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
            elif not example and mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
            elif not example and not fence and line.startswith(">>>"):
                out.append("```python")
                example = True
            out.append(line)
        return [*out, "```"] if example else out
