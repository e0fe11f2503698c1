"""What a student writes beside CS336's adapters: a package of their own, which asks for its version as the starter code does."""

import importlib.metadata

__version__ = importlib.metadata.version("student")
