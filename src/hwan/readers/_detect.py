"""Which reader a file belongs to: by its content, never by its suffix, and always with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hwan.core import FormatNotRecognised, HwanError
from hwan.readers._contract import Reader, Recognition
from hwan.readers._detail import detail_of
from hwan.readers._look import look_at
from hwan.readers._registry import Registry, registry
from hwan.readers._source import Source, open_source
from hwan.readers.generic import PROPOSED, PROPOSED_TEXT, propose_mapping

# What a reader says that knows some headings and lacks required ones; another that has them all is meant.
_INCOMPLETE: Final = ("bdf_headings_incomplete",)


def explain(path: Path | str) -> tuple[Recognition, ...]:
    """Return what each reader says about the file and why, plug-ins that did not load included.

    Raises
    ------
    InputError
        When there is no such file, or it has no bytes.
    """
    source = open_source(path)
    known = registry()
    said = [ask(reader, source) for reader in known.readers if reader.name != PROPOSED]
    claims = [one for one in said if one.confidence != "no"]
    claimed = next((one.reader for one in claims if one.reason not in _INCOMPLETE), "")
    if claims and not claimed and not _can_propose(source):
        claimed = claims[0].reader
    for reader in known.readers:
        if reader.name == PROPOSED:
            said += _proposed(reader, source, claimed)
    return (*said, *known.failures)


def _can_propose(source: Source) -> bool:
    try:
        propose_mapping(source.path)
    except HwanError:
        return False
    return True


def _proposed(reader: Reader, source: Source, claimed: str) -> list[Recognition]:
    """Return what the reader of last resort says, and each of its decisions."""
    if claimed:
        return [Recognition(reader.name, "no", "known_by_another_reader", {"reader": claimed})]
    said = ask(reader, source)
    if said.confidence == "no":
        return [said]
    try:
        return [said, *propose_mapping(source.path).why]
    except HwanError as error:
        return [Recognition(reader.name, "no", "proposal_refused", {"detail": error.message()})]


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
    said = {reader.name: ask(reader, source) for reader in known.readers if reader.name != PROPOSED}
    answers = [(reader, said[reader.name].confidence) for reader in known.readers if reader.name != PROPOSED]
    last = next((reader for reader in known.readers if reader.name == PROPOSED), None)
    for confidence in ("certain", "likely"):
        found = [reader for reader, answer in answers if answer == confidence]
        found = [reader for reader in found if said[reader.name].reason not in _INCOMPLETE] or found
        if len(found) > 1:
            names = ", ".join(reader.name for reader in found)
            raise FormatNotRecognised("format_ambiguous", source=source.path.name, readers=names)
        if found:
            incomplete = said[found[0].name].reason in _INCOMPLETE
            return last if last and incomplete and _can_propose(source) else found[0]
    if last and ask(last, source).confidence != "no":
        return last
    told = PROPOSED_TEXT.refusal(source.path) if last and look_at(source.path, source.head)[0] == "text" else None
    raise told or _not_recognised(source, known)


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
