"""A submission as a module: a file, or a file inside a package, with stand-ins for what starter code only mentions."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# CS336's adapters import these for their annotations; minbpe's package imports tiktoken. They can be mentioned, not used.
MENTIONED = ("tiktoken", "torch", "torch.nn", "torch.optim", "jaxtyping", "psutil")


class Mentioned:
    """Stands for anything of a module that is not here: fit for an annotation or a base class, and for nothing else."""

    def __init__(self, *_: object, **__: object) -> None:
        raise ImportError("tiktoken, torch and their like are not for use in the course: here you write it yourself")

    def __class_getitem__(cls, _: object) -> type[Mentioned]:
        return cls


class StandIn(types.ModuleType):
    """A module that is mentioned, not used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Mentioned


def load(file: str) -> types.ModuleType:
    """The submission. Whatever it raises while it is loaded goes through."""
    for name in MENTIONED:
        stand_in = StandIn(name)
        stand_in.__path__ = []
        sys.modules[name] = stand_in
    folder, name = os.path.split(os.path.abspath(file))
    module_name = name.removesuffix(".py")
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        module_name = f"{package}.{module_name}"
    sys.path.insert(0, folder)
    if "." in module_name or not module_name.isidentifier() or module_name in sys.stdlib_module_names:
        if "." in module_name:
            return importlib.import_module(module_name.removesuffix(".__init__"))
        module_name = "submission"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


def family(module: types.ModuleType) -> list[types.ModuleType]:
    """The module, and the modules of the submission that it imported: minbpe keeps its functions in several files."""
    folder = sys.path[0]  # where `load` has put the submission
    others = [
        other
        for other in list(sys.modules.values())
        if other is not module and str(getattr(other, "__file__", None) or "").startswith(folder + os.sep)
    ]
    return [module, *others]
