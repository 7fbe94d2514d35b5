"""Korean particles after a value that was put into a sentence: 이(가) becomes 이 or 가, by the sound before it."""

from __future__ import annotations

import re
from typing import Final

_PAIRS: Final = {"이(가)": ("이", "가"), "은(는)": ("은", "는"), "을(를)": ("을", "를"), "(으)로": ("으로", "로")}
_PARTICLE: Final = re.compile(r"([가-힣0-9])([\"'”’)\]%]*)(이\(가\)|은\(는\)|을\(를\)|\(으\)로)")
# How the digits end when they are read: 영 일 이 삼 사 오 육 칠 팔 구.
_DIGITS: Final = {"0": "ㅇ", "1": "ㄹ", "3": "ㅁ", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ"}
_FINALS: Final = 28
_RIEUL: Final = 8


def settled(words: str) -> str:
    """Return `words` with each particle that the letter before it decides; after Latin letters both stay.

    >>> settled("기록이(가) 용량을(를) 2(으)로, 파일은(는) cell.csv이(가)")
    '기록이 용량을 2로, 파일은 cell.csv이(가)'
    """
    return _PARTICLE.sub(_chosen, words) if "(" in words else words


def _chosen(found: re.Match[str]) -> str:
    letter, closing, particle = found.groups()
    after_consonant, after_vowel = _PAIRS[particle]
    ending = _ending(letter)
    plain = not ending or (particle == "(으)로" and ending == "ㄹ")
    return letter + closing + (after_vowel if plain else after_consonant)


def _ending(letter: str) -> str:
    """Return how a letter or digit ends: nothing after a vowel, ㄹ, or any other consonant."""
    if letter.isdigit():
        return _DIGITS.get(letter, "")
    final = (ord(letter) - ord("가")) % _FINALS
    return "ㄹ" if final == _RIEUL else "ㅇ" * bool(final)
