"""Which reader a file belongs to: by its content, never by its suffix, and always with a reason."""

from __future__ import annotations

from pathlib import Path

from hwan.core import FormatNotRecognised
from hwan.readers._contract import Reader, Recognition
from hwan.readers._detail import detail_of
from hwan.readers._look import look_at
from hwan.readers._registry import Registry, registry
from hwan.readers._source import Source, open_source


def explain(path: Path | str) -> tuple[Recognition, ...]:
    """Return what each reader says about the file and why, plug-ins that did not load included.

    Raises
    ------
    InputError
        When there is no such file, or it has no bytes.
    """
    source = open_source(path)
    known = registry()
    return (*(ask(reader, source) for reader in known.readers), *known.failures)


def ask(reader: Reader, source: Source) -> Recognition:
    """Return what `reader` says; one that fails says no, with its failure as the reason."""
    try:
        return reader.recognise(source.path, source.head)
    except Exception as error:  # a plug-in that trips over foreign bytes must not hide the others
        return Recognition(reader.name, "no", "reader_stumbled", {"detail": detail_of(error)})


def choose(source: Source, known: Registry | None = None) -> Reader:
    """Return the one reader whose content this is.

    Raises
    ------
    FormatNotRecognised
        Nothing matched, several matched equally, a plug-in's dependency is missing, or no reader
        is installed: four different codes.
    """
    known = known or registry()
    if not known.readers:
        raise FormatNotRecognised("no_readers_installed", source=source.path.name)
    answers = [(reader, ask(reader, source).confidence) for reader in known.readers]
    for confidence in ("certain", "likely"):
        found = [reader for reader, answer in answers if answer == confidence]
        if len(found) > 1:
            names = ", ".join(reader.name for reader in found)
            raise FormatNotRecognised("format_ambiguous", source=source.path.name, readers=names)
        if found:
            return found[0]
    raise _not_recognised(source, known)


def _not_recognised(source: Source, known: Registry) -> FormatNotRecognised:
    look, what = look_at(source.path, source.head)
    titles = ", ".join(reader.title for reader in known.readers)
    broken = [failure for failure in known.failures if failure.reason == "plugin_dependency_missing"]
    if broken:
        missing = ", ".join(f"{failure.reader} ({failure.values['missing']})" for failure in broken)
        return FormatNotRecognised(
            "format_maybe_of_plugin", source=source.path.name, what=what, plugins=missing, formats=titles
        )
    return FormatNotRecognised(f"format_not_recognised_{look}", source=source.path.name, what=what, formats=titles)
