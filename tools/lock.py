"""Write the lock files: universal, with hashes, without any index address; needs uv on the path."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "requirements" / "build.in"
COMPILE = (
    "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
)  # fmt: skip


def lock(name: str, *sources: str) -> None:
    """Write one lock file."""
    target = ROOT / "requirements" / f"{name}.txt"
    subprocess.run([*COMPILE, *sources, "--output-file", str(target)], check=True, cwd=ROOT)


if __name__ == "__main__":
    lock("run", "pyproject.toml", str(BUILD.relative_to(ROOT)), "--extra", "all")
    lock("dev", "pyproject.toml", str(BUILD.relative_to(ROOT)), "--extra", "all", "--group", "dev")
    lock("samples", "requirements/samples.in", "--no-deps")
    lock("fuzz", "requirements/fuzz.in")
