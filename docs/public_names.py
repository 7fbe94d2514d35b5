"""The public names of hwan: what each is, how it is called, and what its docstring says first.

Forms are read from the source, so that defaults look as they were written.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
LONGEST_VALUE: Final = 120


class Public(NamedTuple):
    """A public name: what it is, how it is called, the first line about it, and its members."""

    name: str
    kind: str
    form: str
    told: str
    members: tuple[tuple[str, str], ...] = ()


def packages() -> tuple[str, ...]:
    """Return hwan, its rooms from the lowest layer up, and the modules that a room makes public."""
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    rooms = [f"hwan.{room.strip()}" for layer in reversed(contract["layers"]) for room in layer.split("|")]
    inside = [f"{room}.{each.name}" for room in rooms for each in public_names(room) if each.kind == "module"]
    return ("hwan", *rooms, *inside)


def about(package: str) -> str:
    """Return the first line of a package's docstring."""
    return _first_line(inspect.getdoc(importlib.import_module(package)))


@cache
def public_names(package: str) -> tuple[Public, ...]:
    """Return the public names of a package, in the order of its `__all__`."""
    module = importlib.import_module(package)
    return tuple(_public(package, name) for name in getattr(module, "__all__", ()))


def undocumented() -> Iterator[str]:
    """Yield public functions, classes, members and modules without a docstring."""
    for package in packages():
        for each in public_names(package):
            if each.kind != "constant" and not each.told:
                yield f"{package}.{each.name} is public and has no docstring"
            yield from (f"{package}.{each.name}.{name} has no docstring" for name, told in each.members if not told)


def constants(package: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield module, name, value and meaning of each number that a room is written with."""
    for path in sorted(Path(str(importlib.import_module(package).__file__)).parent.glob("*.py")):
        body = _parsed(f"{package}.{path.stem}".removesuffix(".__init__"))
        for node, following in zip(body, [*body[1:], None], strict=True):
            for name in sorted(_targets(node)):
                if name.isupper() and not name.startswith("_") and _is_numeric(_value(node)):
                    yield path.stem, name, _value(node), _first_line(_string(following))


def _is_numeric(written: str) -> bool:
    return re.fullmatch(r"[-\d.e_ ,()/*]+", written) is not None


def _public(package: str, name: str) -> Public:
    value = getattr(importlib.import_module(package), name)
    if inspect.ismodule(value):
        return Public(name, "module", name, _first_line(inspect.getdoc(value)))
    inside = inspect.isclass(value) or inspect.isfunction(value)
    node, told = _defined(value.__module__, value.__name__) if inside else _defined(package, name)
    if isinstance(node, ast.ClassDef):
        return Public(name, "class", f"class {name}{_shape(node)}", told, tuple(_members(node)))
    if isinstance(node, ast.FunctionDef):
        return Public(name, "function", name + _signature(node), told)
    return Public(name, "constant", f"{name} = {_value(node)}", told)


def _defined(module: str, name: str) -> tuple[ast.stmt, str]:
    """Return where a name is defined, following imports, with the first line told about it."""
    body = _parsed(module)
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node, _first_line(ast.get_docstring(node))
        if name in _targets(node):
            return node, _first_line(_string(following))
        if isinstance(node, ast.ImportFrom) and name in {each.asname or each.name for each in node.names}:
            return _defined(str(node.module), name)
    raise LookupError(f"{module} does not say what {name} is")


@cache
def _parsed(module: str) -> list[ast.stmt]:
    return ast.parse(Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")).body


def _targets(node: ast.stmt) -> set[str]:
    found = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {each.id for each in found if isinstance(each, ast.Name)}


def _string(node: ast.stmt | None) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return None


def _first_line(told: str | None) -> str:
    return (told or "").split("\n\n", 1)[0].replace("\n", " ")


def _value(node: ast.stmt) -> str:
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    written = ast.unparse(value) if value else "…"
    return written if len(written) <= LONGEST_VALUE else "…"


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"):
            bare = any(isinstance(mark, ast.Name) and mark.id == "property" for mark in each.decorator_list)
            form = each.name if bare else each.name + _signature(each)
            yield form.replace("(self, ", "(").replace("(self)", "()"), _first_line(ast.get_docstring(each))


def _shape(node: ast.ClassDef) -> str:
    """Return the fields of a dataclass, the parameters of `__init__`, or the bases."""
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return _signature(each).removesuffix(" -> None").replace("(self, ", "(")
    parts = [each for each in node.body if isinstance(each, ast.AnnAssign) and node.decorator_list]
    return f"({', '.join(map(_field, parts) if parts else map(ast.unparse, node.bases))})"


def _field(node: ast.AnnAssign) -> str:
    default = ast.unparse(node.value) if node.value else ""
    default = "…" if default.startswith("field(") else default
    return f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}" + (f" = {default}" if default else "")


def _signature(node: ast.FunctionDef) -> str:
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    parts = _arguments(plain, [None] * (len(plain) - len(given.defaults)) + [*given.defaults])
    if given.vararg or given.kwonlyargs:
        parts.append(f"*{_argument(given.vararg)}" if given.vararg else "*")
    parts += _arguments(given.kwonlyargs, given.kw_defaults)
    parts += [f"**{_argument(given.kwarg)}"] if given.kwarg else []
    return f"({', '.join(parts)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _arguments(given: Sequence[ast.arg], defaults: Sequence[ast.expr | None]) -> list[str]:
    return [_argument(each, default) for each, default in zip(given, defaults, strict=True)]


def _argument(node: ast.arg, default: ast.expr | None = None) -> str:
    kind = f": {ast.unparse(node.annotation)}" if node.annotation else ""
    return node.arg + kind + (f" = {ast.unparse(default)}" if default else "")
