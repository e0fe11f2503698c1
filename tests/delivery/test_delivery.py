"""What is shipped: one version, locked tools, wheels that hold what they should, a release workflow that cannot be redirected."""

import importlib.util
import json
import re
import subprocess
import zipfile
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


@pytest.mark.parametrize("group", ["test", "lint", "docs", "wheel"])
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


def wheel_of(folder, tag="cp311-cp311-manylinux_2_17_x86_64", without=(), **changed):
    """A small wheel with the files that minitok's wheels have."""
    licences = ["LICENSE", "NOTICE", "THIRD_PARTY.md"]
    files = {
        "minitok/__init__.py": "",
        "minitok/py.typed": "",
        "minitok/_rust.pyi": "",
        "minitok/_rust.cpython-311-x86_64-linux-gnu.so": "\x7fELF",
        "minitok/reference/published/names.txt": "",
        "minitok/reference/published/unicode_16.txt": "",
        "minitok/reference/published/normal_forms_16.txt": "",
        "minitok/reference/published/small_letters_17.txt": "",
        "minitok/formats/huggingface/tables.txt": "",
        "minitok/course/mutants.diff": "",
        "minitok/play/page.tar.xz": "",
        f"{INFO}/METADATA": "\n".join(
            [
                "Metadata-Version: 2.4",
                "Name: minitok",
                f"Version: {VERSION}",
                *(f"License-File: {it}" for it in licences),
            ]
        )
        + "\n\nminitok",
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nGenerator: maturin\nRoot-Is-Purelib: false\nTag: {tag}\n",
        **{f"{INFO}/licenses/{name}": "" for name in licences},
        f"{INFO}/sboms/minitok.cyclonedx.json": json.dumps({"components": [{"name": "pyo3"}]}),
        f"{INFO}/RECORD": "",
    }
    path = folder / f"minitok-{VERSION}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name, content in {**files, **changed}.items():
            if name not in without:
                file.writestr(name, content)
    return path


def test_what_is_missing_in_a_wheel_is_named(tmp_path):
    faults = tool("check_wheel").faults
    assert faults(wheel_of(tmp_path)) == []
    for without, fault in [
        ("minitok/py.typed", "the typing marker is missing"),
        (f"{INFO}/licenses/NOTICE", "a licence is missing"),
        ("minitok/_rust.cpython-311-x86_64-linux-gnu.so", "there is not one extension"),
        (f"{INFO}/sboms/minitok.cyclonedx.json", "the bill of materials does not list pyo3"),
        ("minitok/reference/published/unicode_16.txt", "a table is missing"),
        ("minitok/reference/published/names.txt", "a table is missing"),
        ("minitok/play/page.tar.xz", "the page of the playground is missing"),
    ]:
        assert faults(wheel_of(tmp_path, without={without})) == [fault]
    other = "Name: minitok\nVersion: 9\nLicense-File: LICENSE\nLicense-File: NOTICE\nLicense-File: THIRD_PARTY.md\n"
    assert faults(wheel_of(tmp_path, **{f"{INFO}/METADATA": other})) == [f"the version is not Cargo.toml's, {VERSION}"]
    assert faults(wheel_of(tmp_path, **{"tests/test_x.py": ""})) == ["files of the workshop are in it"]


def test_every_action_is_pinned_by_its_commit():
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert [path.name for path in workflows] == ["ci.yml", "release.yml"]
    for path in workflows:
        used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
        assert used
        assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_the_index_gets_wheels_and_the_sdist():
    publish = jobs("release.yml")["publish"]
    assert re.findall(r"(?:name|pattern): (\S+)\n +path", publish) == ["wheels-*", "sdist"]
    assert publish.count("download-artifact") == 2


def jobs(workflow):
    """The text of each job of a workflow, by its name."""
    text = (ROOT / ".github" / "workflows" / workflow).read_text(encoding="utf-8")
    names = re.split(r"^  ([a-z-]+):$", text[text.index("\njobs:") :], flags=re.MULTILINE)
    return dict(zip(names[1::2], names[2::2], strict=True))


def test_the_address_is_everywhere_the_same():
    address = CRATE["repository"]
    urls = PROJECT["project"]["urls"]
    assert urls["Repository"] == address
    assert all(urls[name].startswith(address + "/") for name in ("Changelog", "Issues"))
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"repository-code: {address}\n" in cited
    assert f"url: {urls['Documentation']}\n" in cited
    assert "sed -n 's/^repository = " in jobs("release.yml")["source"]


def test_the_page_on_the_index_links_to_pages_of_the_site():
    """The index follows no link into the repository."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / PROJECT["project"]["readme"]).read_text(encoding="utf-8"))
    site = PROJECT["project"]["urls"]["Documentation"]
    pages = [link.removeprefix(site).replace(".html", ".md") for link in links if link.startswith(site)]
    assert len(pages) > 3
    assert [page for page in pages if not (ROOT / "docs" / page).exists()] == []
    assert {link for link in links if not link.startswith(site)} == {f"{CRATE['repository']}#readme"}


def test_the_readme_of_the_crate_links_to_what_the_crate_has():
    """The index of crates and the repository show it as it is: only whole addresses lead somewhere."""
    text = (ROOT / CRATE["readme"]).read_text(encoding="utf-8")
    links = dict(re.findall(r"^\[(`[^`]+`)\]: https://docs\.rs/minitok/latest/minitok/(\S+)$", text, re.MULTILINE))
    assert set(re.findall(r"\[(`[^`]+`)\]", text)) == set(links)
    assert "](" not in text
    exported = (ROOT / "rust" / "lib.rs").read_text(encoding="utf-8")
    files = [*(ROOT / "rust" / "api").glob("*.rs"), ROOT / "rust" / "error.rs"]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    has = {f"{kind}.{name}.html" for kind, name in re.findall(r"^pub (struct|enum) (\w+)", source, re.MULTILINE)}
    for owner, body in re.findall(r"^(?:impl|pub enum) (\w+) \{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL):
        has |= {f"struct.{owner}.html#method.{name}" for name in re.findall(r"^    pub fn (\w+)", body, re.MULTILINE)}
        has |= {f"enum.{owner}.html#variant.{name}" for name in re.findall(r"^    ([A-Z]\w+)", body, re.MULTILINE)}
    assert set(links.values()) - has == set()
    assert [link for link in links.values() if link.split(".")[1] not in exported] == []


def test_the_authors_are_those_of_the_licence():
    (author,) = PROJECT["project"]["authors"]
    assert author == {"name": re.search(r"Copyright \(c\) \d+ (.*)", (ROOT / "LICENSE").read_text())[1]}
    assert f"- name: {author['name']}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_wheels_are_built_for_every_python_that_is_named():
    named = [line.rsplit(" ", 1)[1] for line in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", line)]
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    listed = re.search(r"INTERPRETERS: (.*)", text)[1].split()[1::2]
    given = ["python3.10", *listed]
    assert [f"python{version}" for version in named] == [one for one in given if not one.endswith("t")]
    assert {"python3.14t", "python3.15t"} <= set(given)
    built = jobs("release.yml")
    for job, oldest in (("linux", "python3.10"), ("desktop", "python${{ matrix.oldest }}")):
        assert f"-i {oldest} ${{{{ env.INTERPRETERS }}}}" in built[job]
    assert "aarch64-pc-windows-msvc, runner: windows-11-arm" in built["desktop"]
    set_up = re.search(r"python-version: \|\n((?: {12}\S.*\n)+)", built["desktop"])[1].split("\n")
    assert {f"python{version.strip()}" for version in set_up if version and "matrix" not in version} == set(listed)
    # Each is tried on its Python.
    assert [f"python{version}" for version in re.search(r"PYTHONS: (.*)", text)[1].split()] == listed
    assert "tools/try_wheels.sh dist 3.10 $PYTHONS" in built["linux"]
    assert "tools/try_wheels.sh dist $OLDEST $PYTHONS" in built["desktop"]
    assert f'python: ["{named[0]}", "{named[-1]}", "3.14t"]' in jobs("ci.yml")["pythons"]


def test_everything_is_published_by_trust_after_it_was_attested():
    built = jobs("release.yml")
    for name in ("publish", "publish-crate", "publish-javascript"):
        assert "needs: [attest]" in built[name]
        assert "environment: release" in built[name]
        assert "id-token: write" in built[name]
    assert "secrets." not in "".join(built.values())
    for name in ("linux", "desktop", "source", "crate", "javascript"):
        assert name in re.search(r"needs: \[(.*)\]", built["attest"])[1].split(", ")
        assert "id-token" not in built[name]
    assert "needs: [publish, publish-crate, publish-javascript]" in built["announce"]
    assert "needs: [announce, site]" in built["deploy"]


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


def test_the_list_of_commands_fits_a_screen():
    ran = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    shown = ran.stdout.splitlines()
    assert "make test               every test of both languages" in shown
    assert len(shown) < 24
    assert max(map(len, shown)) <= 80


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
