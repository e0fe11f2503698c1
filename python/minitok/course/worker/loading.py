"""A submission as a module: a file, or a file inside a package, with stand-ins for what starter code only mentions."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What CS336's adapters, and a student's modules next to them, import for the other parts of the assignment; minbpe's package
# imports tiktoken. They can be mentioned, not used.
MENTIONED = {"tiktoken", "torch", "jaxtyping", "einops", "einx", "psutil", "wandb", "submitit"}
DECORATORS = {"no_grad", "inference_mode", "enable_grad", "compile"}


class Mentioned:
    """Stands for anything of a module that is not here: fit for an annotation or a base class, and for nothing else."""

    def __init__(self, *_: object, **__: object) -> None:
        raise ImportError("tiktoken, torch and their like are not for use in the course: here you write it yourself")

    def __class_getitem__(cls, _: object) -> type[Mentioned]:
        return cls


def decorator(function: Any = None, **_: object) -> Any:
    """Stands for a decorator, with or without arguments."""
    return decorator if function is None else function


class StandIn(types.ModuleType):
    """A module that is mentioned, not used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return decorator if name in DECORATORS else Mentioned


class StandIns:
    """Finds the modules that are mentioned, and the modules in them."""

    @staticmethod
    def find_spec(name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in MENTIONED:
            return None
        return importlib.machinery.ModuleSpec(name, StandIns, is_package=True)  # type: ignore[arg-type] # as a loader, it will do

    @staticmethod
    def create_module(spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return StandIn(spec.name)

    @staticmethod
    def exec_module(module: types.ModuleType) -> None:
        """There is nothing to run."""


def root_of(file: str) -> str:
    """The folder of a file; of a file in a package, the folder that holds the outermost one."""
    folder = os.path.dirname(os.path.abspath(file))
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def load(file: str) -> types.ModuleType:
    """The submission. Whatever it raises while it is loaded goes through."""
    sys.meta_path.insert(0, StandIns)
    root = root_of(file)
    module_name = os.path.relpath(os.path.abspath(file), root).removesuffix(".py").replace(os.sep, ".")
    sys.path.insert(0, root)
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


def family(module: types.ModuleType, root: str) -> list[types.ModuleType]:
    """The module, and the modules of the submission that it imported: minbpe keeps its functions in several files."""
    others = [
        other
        for other in list(sys.modules.values())
        if other is not module and str(getattr(other, "__file__", None) or "").startswith(root + os.sep)
    ]
    return [module, *others]
