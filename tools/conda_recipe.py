"""The recipe for conda-forge: ``python tools/conda_recipe.py SDIST FOLDER``

writes ``recipe.yaml`` for a built sdist, whose hash and version it names; conda-forge takes the sdist from the release page.
Give the recipe to its staged recipes once; a bot makes the changes for later versions.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from string import Template

import tomllib

ROOT = Path(__file__).parents[1]
RECIPE = Template("""\
# https://conda-forge.org/docs/maintainer/adding_pkgs/
schema_version: 1

context:
  version: "$version"

package:
  name: minitok
  version: $${{ version }}

source:
  url: $address/releases/download/v$${{ version }}/$file
  sha256: $digest

build:
  number: 0
  script:
    - cargo-bundle-licenses --format yaml --output THIRDPARTY.yml
    - $${{ PYTHON }} -m pip install . -vv --no-deps --no-build-isolation

requirements:
  build:
    - $${{ compiler("c") }}
    - $${{ stdlib("c") }}
    - $${{ compiler("rust") }}
    - cargo-bundle-licenses
  host:
    - python
    - pip
    - $build_system
  run:
    - python
$dependencies

tests:
  - python:
      imports:
        - minitok
      pip_check: true
  - script:
      - minitok --version

about:
  homepage: $address
  summary: "$description"
  license: MIT
  license_file:
    - LICENSE
    - NOTICE
    - THIRDPARTY.yml
""")


def recipe(sdist: Path) -> str:
    """The recipe for an sdist, with what pyproject.toml and Cargo.toml say of it."""
    crate = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    return RECIPE.substitute(
        version=crate["version"],
        address=crate["repository"],
        file=sdist.name.replace(crate["version"], "${{ version }}"),
        digest=hashlib.sha256(sdist.read_bytes()).hexdigest(),
        build_system=spaced(settings["build-system"]["requires"][0]),
        dependencies="\n".join(f"    - {spaced(one)}" for one in project["dependencies"]),
        description=project["description"],
    )


def spaced(requirement: str) -> str:
    """A requirement as conda writes it: a space between name and versions."""
    at = min((requirement.index(sign) for sign in "<>=" if sign in requirement), default=len(requirement))
    return f"{requirement[:at]} {requirement[at:]}".rstrip()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    target = Path(sys.argv[2]) / "recipe.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(recipe(Path(sys.argv[1])), encoding="utf-8")
    print(target)
