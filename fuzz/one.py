"""One target under atheris; arguments after its name go to libFuzzer.

Run: python -m fuzz.one NAME [libFuzzer's options] FOLDERS   From the root of the repository.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["hwan", "fastnda"]):
    import fastnda  # noqa: F401  # instrumented where it is imported first
    from fuzz.targets import BY_NAME, examine, folder

    from hwan.readers._registry import registry

    registry()


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer's limits or the first finding."""
    target = BY_NAME[arguments[1]]

    def once(data: bytes) -> None:
        examine(target, data, folder())

    atheris.Setup([arguments[0], *arguments[2:]], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
