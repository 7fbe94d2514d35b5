"""The peers: what each needs, and an environment of its own for each under .peers/, made on first use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
HOME: Final = ROOT / ".peers"
PROGRAM_PACKAGES: Final = {"mdb-export": "mdbtools (Debian: apt-get install mdbtools; macOS: brew install mdbtools)"}
"""Programs that peers call, and the package each comes in; nothing of them is imported."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What pip installs, the Python it needs when it is not ours, and the programs it calls, by suffix of the file."""

    requirement: str
    python: str = ""
    programs: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """Name and version as a reader of a table wants them: without extras."""
        name, _, version = self.requirement.partition("==")
        return f"{name.partition('[')[0]} {version}"


MDBTOOLS: Final = ((".res", "mdb-export"),)
PEERS: Final = {
    "newarenda": Peer("NewareNDA==2026.6.11"),
    "batterydf": Peer("batterydf[all]==0.2.0rc2", programs=MDBTOOLS),
    "navani": Peer("navani==0.1.22", programs=MDBTOOLS),
    "galvani": Peer("galvani==0.5.0", programs=MDBTOOLS),
    "yadg": Peer("yadg==7.0.1"),
    "pyprobe": Peer("PyProBE-Data==2.6.1"),
    "cellpy": Peer("cellpy[legacy-files]==2.1.5.post10", "3.13", MDBTOOLS),
    "impedance": Peer("impedance==1.7.1"),
    "pydma": Peer("PyDMA==2.1.0"),
    "pyimpspec": Peer("pyimpspec==5.1.3"),
    "ampworks": Peer("ampworks==0.1.0"),
}
OURS: Final = ("hwan", "fastnda", "polars")
"""Those that run in our own environment."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The interpreter of a peer; `missing` says in words why there is none."""

    python: str = ""
    missing: str = ""


def environment(name: str) -> Environment:
    """Return the environment of a reader, made when it is not there or holds another version."""
    if name in OURS:
        return Environment(sys.executable)
    peer, folder = PEERS[name], HOME / name
    python, made = folder / "bin" / "python", folder / "made"
    if made.is_file() and made.read_text(encoding="utf-8") == peer.requirement:
        return Environment(str(python))
    base = interpreter(peer.python) if peer.python else sys.executable
    if not base:
        return Environment(missing=f"no Python {peer.python}")
    shutil.rmtree(folder, ignore_errors=True)
    if _fails([base, "-m", "venv", str(folder)]):
        return Environment(missing="no environment could be made")
    if _fails([str(python), "-m", "pip", "install", "--quiet", peer.requirement]):
        return Environment(missing=f"pip could not install {peer.requirement}")
    made.write_text(peer.requirement, encoding="utf-8")
    return Environment(str(python))


def lacking(name: str, suffix: str) -> str:
    """Return in words which program a peer lacks for files of this suffix; empty when it lacks none."""
    programs = PEERS[name].programs if name in PEERS else ()
    needed = [program for ending, program in programs if ending == suffix.lower()]
    return "; ".join(f"install {PROGRAM_PACKAGES[one]}" for one in needed if not shutil.which(one))


def interpreter(version: str) -> str:
    """Return a Python of this version (as ``3.13``) on this machine; empty when there is none.

    Looked for in the environment variable ``HWAN_PYTHON_3_13``, on the PATH, in uv and in pyenv, in this order.
    """
    return next((found for found in _candidates(version) if _is_version(found, version)), "")


def _candidates(version: str) -> Iterator[str]:
    yield os.environ.get(f"HWAN_PYTHON_{version.replace('.', '_')}", "")
    yield shutil.which(f"python{version}") or ""
    yield _said(["uv", "python", "find", "--no-python-downloads", version])
    root = os.environ.get("PYENV_ROOT") or _said(["pyenv", "root"])
    for folder in sorted(Path(root).glob(f"versions/{version}*"), reverse=True) if root else ():
        yield str(folder / "bin" / "python")


def _is_version(python: str, version: str) -> bool:
    """Return whether it runs and is what its name says: a shim may stand for a version that is not chosen."""
    return bool(python) and _said([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) == version


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _fails(command: list[str]) -> bool:
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode != 0
