"""What ``minitok --version`` says."""

from __future__ import annotations

__all__ = ["version"]


def version() -> str:
    """The version, and the backend with the reason if it is not Rust."""
    import minitok

    reason = "" if minitok.BACKEND == "rust" else f": {minitok.backend.BACKEND_REASON}"
    return f"minitok {minitok.__version__} ({minitok.BACKEND}{reason})"
