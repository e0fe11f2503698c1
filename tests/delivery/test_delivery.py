"""What is shipped: one version, locked tools, wheels that hold what they should, a release workflow that cannot be redirected."""

import importlib.util
import re
import subprocess
from pathlib import Path

import minitok
import pytest
import tomllib
from minitok.encodings.published import PUBLISHED
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CRATE = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
VERSION = CRATE["version"]
INFO = f"minitok-{VERSION}.dist-info"


def tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_version_stands_in_cargo_toml_alone():
    assert minitok.__version__ == VERSION
    assert PROJECT["project"]["dynamic"] == ["version"]
    for path in [ROOT / "pyproject.toml", *(ROOT / "python" / "minitok").glob("*.py")]:
        assert f'"{VERSION}"' not in path.read_text(encoding="utf-8"), path
    headings = re.findall(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == VERSION


def locked():
    """The versions in the lock by name, each with its marker; raises for a line without a hash."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    versions = {}
    for line in text.splitlines():
        entry, *hashes = line.split("--hash=")
        assert hashes, line
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value.strip()) for value in hashes), line
        requirement = Requirement(entry)
        versions.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return versions


@pytest.mark.parametrize("group", ["test", "pages", "lint", "docs", "wheel"])
def test_the_lock_gives_what_is_asked_for(group):
    extras = [
        line for name in ("cli", "numpy", "reference") for line in PROJECT["project"]["optional-dependencies"][name]
    ]
    wanted = [Requirement(line) for line in PROJECT["dependency-groups"][group] + extras]
    given = locked()
    for python in ("3.11", "3.12", "3.13", "3.14"):
        here = {
            "python_version": python,
            "python_full_version": python + ".1",
            "sys_platform": "linux",
            "platform_machine": "x86_64",
        }
        for requirement in wanted:
            if requirement.marker is None or requirement.marker.evaluate(here):
                found = [
                    next(iter(entry.specifier)).version
                    for entry in given.get(canonicalize_name(requirement.name), [])
                    if entry.marker is None or entry.marker.evaluate(here)
                ]
                assert len(found) == 1, (python, requirement, found)
                assert requirement.specifier.contains(found[0], prereleases=True), (python, requirement, found)


def test_the_page_on_the_index_links_to_pages_of_the_site():
    """The index follows no link into the repository."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / PROJECT["project"]["readme"]).read_text(encoding="utf-8"))
    site = PROJECT["project"]["urls"]["Documentation"]
    pages = [link.removeprefix(site).replace(".html", ".md") for link in links if link.startswith(site)]
    assert len(pages) > 3
    assert [page for page in pages if not (ROOT / "docs" / page).exists()] == []
    assert {link for link in links if not link.startswith(site)} == {f"{CRATE['repository']}#readme"}


def test_the_package_for_javascript_has_the_version_and_an_entry_for_each_encoding():
    manifest = tool("build_js").manifest()
    assert (manifest["version"], manifest["name"]) == (VERSION, "minitok")
    assert manifest["repository"]["url"] == f"git+{CRATE['repository']}.git"
    assert set(manifest["exports"]) == {".", "./package.json", *(f"./{name}" for name in PUBLISHED)}
    assert not {"scripts", "dependencies"} & set(manifest)  # nothing runs when it is installed


def test_nothing_else_is_installed_and_extras_bring_the_rest():
    assert PROJECT["project"]["dependencies"] == []
    extras = PROJECT["project"]["optional-dependencies"]
    brought = {name: {Requirement(line).name for line in lines} for name, lines in extras.items()}
    assert (brought["cli"], brought["numpy"], brought["reference"]) == (
        {"click", "regex", "rich"},
        {"numpy"},
        {"regex"},
    )
    assert brought["cli"] | brought["numpy"] | brought["reference"] < brought["course"]
    (every,) = map(Requirement, extras["all"])
    assert every.extras == set(extras) - {"all", "ray"}
    # Each extra that an error or a page names is there.
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "python").rglob("*.py")]
    named = {name for page in pages for name in re.findall(r"minitok\[([a-z,]+)\]", page.read_text(encoding="utf-8"))}
    assert {name for names in named for name in names.split(",")} <= set(extras)


CRATE_FILES = (
    r"rust/.+\.(rs|md)|rust/c/minitok\.h|rust/formats/\w+\.txt|examples/(chat|count)\.rs"
    r"|python/minitok/(encodings/data/\w+\.vocab|(reference|formats)/\w+(/\w+)?\.txt)"
    r"|tests/(vectors\.rs|patterns\.json|vectors/\w+\.(json|rs))|LICENSE|Cargo\.(toml|lock|toml\.orig)|\.cargo_vcs_info\.json"
)


def test_the_crate_has_its_own_files_and_no_others():
    command = ["cargo", "package", "--list", "--allow-dirty", "--locked"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [name for name in listed if not re.fullmatch(CRATE_FILES, name)] == []
    vocabularies = {f"python/minitok/encodings/data/{name}.vocab" for name in ("cl100k", "o200k", "p50k", "whisper")}
    assert {"LICENSE", "rust/README.md", "rust/lib.rs"} | vocabularies <= set(listed)


def test_what_the_crate_packages_stands_at_the_root_of_the_repository():
    """A name without a slash before it matches in every folder: a licence in an environment, too."""
    include = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]["include"]
    assert include
    assert [name for name in include if not name.startswith("/")] == []


def test_each_encoding_is_behind_its_feature():
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    source = (ROOT / "rust" / "api" / "encodings.rs").read_text(encoding="utf-8")
    features = re.findall(r'vocabulary!\("(\w+)"\)', source)
    others = {"default", "python", "abi3", "c", "chat", "internals", "wasm", "files", "first", "pages"}
    assert set(features) | others == set(manifest["features"])
    assert set(manifest["features"]["default"]) < set(features)
