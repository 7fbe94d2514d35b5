"""Print the size of the house: functions and files, and fail when one outgrows it.

Body lines of a function: without its signature, docstring, comments and blank lines.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_FUNCTION, LONGEST_FILE, MEDIAN_FUNCTION = 40, 300, 10


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """Yield body lines and place of each function in a file."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if not body:
                yield 0, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                continue
            text = lines[body[0].lineno - 1 : node.end_lineno]
            count = sum(bool(line.strip()) and not line.strip().startswith("#") for line in text)
            yield count, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def main() -> int:
    """Print the figures; return 1 when one is too large."""
    files = sorted((ROOT / "src").rglob("*.py"))
    sizes = [entry for path in files for entry in functions(path)]
    lengths = [(len(path.read_text(encoding="utf-8").splitlines()), str(path.relative_to(ROOT))) for path in files]
    median = statistics.median(size for size, _ in sizes)
    longest_function, longest_file = max(sizes), max(lengths)
    print(f"{len(files)} files, {len(sizes)} functions")
    print(f"median function   {median:g} lines")
    print(f"longest function  {longest_function[0]} lines  {longest_function[1]}")
    print(f"longest file      {longest_file[0]} lines  {longest_file[1]}")
    too_large = longest_function[0] > LONGEST_FUNCTION or longest_file[0] > LONGEST_FILE or median >= MEDIAN_FUNCTION
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main())
