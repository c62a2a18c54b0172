# ruff: noqa: S608 - every name in the SQL is quoted
"""What the data calls things: its columns and the members of its dimensions, found in prose.

Words are compared without case, accents and plural endings. A name that is an ordinary word too
is found, but is `weak`: nothing is held against a sentence because of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.data.tables import Tables, quote
from core.tools.reading import COLUMNS_MAX, LEVELS_MAX, NUMBERS
from core.tools.sheet import spoken

MEMBERS_MAX = 1_000  # of one column; more are not names that prose is held to
WORDS_MAX = 6  # of one name; more are a text
MEASURE = "measure"
SUBJECTS = frozenset({"that", "which", "who", "it", "they"})  # what follows them is a verb
PIECE = re.compile(r"\[\[(?P<id>[^\[\]]+)\]\]|(?P<word>[^\W\d_]+(?:['\u2019&-][^\W\d_]+)*)")
TIGHT = re.compile(r"[\s&/+.]*")  # what may stand between the words of one name
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
POSSESSIVE = re.compile(r"['\u2019]s$")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
COMMON = (
    "a about above active actual after all also and any are as at august average bad base basic"
    " before below best better big both bottom but by case cause change class clear closed cold"
    " common complete core count credit critical current daily dark data date day days debit"
    " decrease delay difference direct do done down each early easy else end even every express"
    " extra fair fall false far fast few final first fixed for free from full general go good"
    " great green group growth half hard has have heavy help here high higher home hot i if in"
    " increase index inside internal is it its key kind large last late least left less level"
    " light line little local long loss low lower main major march may mean media median medium"
    " mid minor missing mix mixed mobile month more most much must near new next no none normal"
    " not note now number of off old on once one online only open or order other others out"
    " outside over own part partner past peak people period person place plain plan point poor"
    " post pre present previous private public quarter quick range rank rate raw record red"
    " regular remote rest retail return returned right rise row rows same sample second set"
    " several share short silver since single size slow small so some special split spring"
    " standard start state step still store strong summer team than that the then there this"
    " time to top total true two type typical under unknown up urgent us used usual value values"
    " very volume walk way we weak web week weekly well wet what when where which while white"
    " whole wide winter with within work worse worst year yes you young"
)
ORDINARY = frozenset(COMMON.split())


@dataclass(frozen=True)
class Token:
    """A word or a reference of a sentence, in order."""

    place: int
    word: str = ""
    id: str = ""
    tight: bool = False  # only a space lies between it and the token before


@dataclass(frozen=True)
class Mention:
    """A name of the data, found in prose: (kind, name), kind a dimension or MEASURE."""

    place: int  # of its first word
    said: str
    nouns: frozenset[tuple[str, str]]
    weak: bool = False


@dataclass
class Vocabulary:
    """Folded words of a name -> what it names; `splits` are the columns that are no measures."""

    names: dict[tuple[str, ...], set[tuple[str, str]]] = field(default_factory=dict)
    proper: set[tuple[str, ...]] = field(default_factory=set)  # written with a capital in the data
    splits: set[str] = field(default_factory=set)
    longest: int = 1

    def add(self, kind: str, name: str) -> None:
        """`name` is known as a member of the dimension `kind`, or as a MEASURE."""
        if any(letter.isdecimal() for letter in name):
            return  # prose cannot type it
        for spelled in {name, name.translate(UMLAUTS)}:
            words = tuple(token.word for token in tokens(spelled))
            key = tuple(map(fold, words))
            if 0 < len(key) <= WORDS_MAX:
                self.names.setdefault(key, set()).add((kind, plain(name)))
                self.longest = max(self.longest, len(key))
                if words[0][:1].isupper():
                    self.proper.add(key)

    def mentions(self, sentence: Sequence[Token]) -> list[Mention]:
        """The names that a sentence holds outside its references, the longest first."""
        found: list[Mention] = []
        at = 0
        while at < len(sentence):
            size = self._size(sentence, at)
            if size:
                found.append(self._mention(sentence, at, size))
            at += size or 1
        return found

    def nouns(self, text: str) -> frozenset[tuple[str, str]]:
        """What a label, a cell or a name speaks of."""
        made = [one.nouns for one in self.mentions(list(tokens(text)))]
        return frozenset().union(*made)

    def _size(self, sentence: Sequence[Token], at: int) -> int:
        for size in range(min(self.longest, len(sentence) - at), 0, -1):
            if self._key(sentence[at : at + size]):
                return size
        return 0

    def _key(self, part: Sequence[Token]) -> tuple[str, ...] | None:
        """The known name that these tokens are, if they are one; the last may be a plural."""
        if any(not one.word for one in part) or any(not one.tight for one in part[1:]):
            return None
        head = tuple(fold(one.word) for one in part[:-1])
        forms = ((*head, last) for last in singulars(fold(part[-1].word)))
        return next((key for key in forms if key in self.names), None)

    def _mention(self, sentence: Sequence[Token], at: int, size: int) -> Mention:
        part = sentence[at : at + size]
        key = self._key(part)
        assert key, "only known names are made mentions"
        said = " ".join(one.word for one in part)
        weak = size == 1 and self._is_ordinary(key, part[0])
        nouns = frozenset(self.names[key])
        if nouns - {(MEASURE, " ".join(key))}:
            weak = weak or self._is_longer(sentence, at, size)
        elif at and fold(sentence[at - 1].word) in SUBJECTS:
            weak = True  # "a season that returns every year"
        return Mention(part[0].place, said, nouns, weak)

    def _is_ordinary(self, key: tuple[str, ...], token: Token) -> bool:
        """The word means something without the data; a capital inside a sentence says otherwise."""
        word = POSSESSIVE.sub("", token.word)
        if len(word) < 3:
            return not (len(word) == 2 and word.isupper() and key in self.proper)
        if key[0] not in ORDINARY and fold(word) not in ORDINARY:
            return False
        return key not in self.proper or word[0].islower() or token.place == 0

    def _is_longer(self, sentence: Sequence[Token], at: int, size: int) -> bool:
        """A capital word right beside it: "North America" is not the member "North"."""
        after = sentence[at + size : at + size + 1]
        beside = [one for one in after if one.tight]
        if at > 1 and sentence[at].tight:  # the first word of a sentence has a capital anyway
            beside.append(sentence[at - 1])
        return any(one.word[:1].isupper() and not self._key([one]) for one in beside)


def gather(tables: Tables) -> Vocabulary:
    """The names in these tables: the same rows give the same vocabulary."""
    made = Vocabulary()
    for table in tables.names:
        for column, kind in list(tables.columns(table).items())[:COLUMNS_MAX]:
            if NUMBERS.match(kind):
                made.add(MEASURE, words_of(column))
                continue
            made.splits.add(plain(column))
            for member in _members(tables, table, column) if kind == "VARCHAR" else ():
                made.add(plain(column), member)
    return made


def of(members: Mapping[str, Iterable[str]], measures: Iterable[str] = ()) -> Vocabulary:
    """A vocabulary of these members by dimension, and these measures."""
    made = Vocabulary()
    for measure in measures:
        made.add(MEASURE, words_of(measure))
    for column, names in members.items():
        made.splits.add(plain(column))
        for name in names:
            made.add(plain(column), name)
    return made


def tokens(text: str) -> Iterator[Token]:
    """The words and references of a text."""
    end = 0
    for place, found in enumerate(PIECE.finditer(text)):
        tight = TIGHT.fullmatch(text[end : found.start()]) is not None and place > 0
        yield Token(place, found["word"] or "", found["id"] or "", tight)
        end = found.end()


def tokens_of(text: str) -> list[str]:
    """The words of a text."""
    return [token.word for token in tokens(text) if token.word]


def words_of(column: str) -> str:
    """The name of a column as words: `unitPrice` and `unit_price` are unit price."""
    return HUMP.sub(" ", spoken(column))


def plain(name: str) -> str:
    """A name as folded words, so that two spellings of it are equal."""
    return " ".join(map(fold, tokens_of(words_of(name))))


def fold(word: str) -> str:
    """The word without case, accents and possessive."""
    plain = unicodedata.normalize("NFKD", POSSESSIVE.sub("", word))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def singulars(word: str) -> list[str]:
    """The word, and what it may be the plural of."""
    forms = [word]
    if len(word) > 3 and word.endswith("s"):
        forms.append(word[:-1])
        if word.endswith("es"):
            forms.append(word[:-2])
        if word.endswith("ies"):
            forms.append(f"{word[:-3]}y")
    return forms


def _members(tables: Tables, table: str, column: str) -> list[str]:
    """All values of a column of texts; of very many only those with a capital, or none."""
    name = quote(column)
    sql = f"SELECT DISTINCT {name} FROM {quote(table)} WHERE {name} IS NOT NULL ORDER BY 1"
    found = [row[0] for row in tables.query(f"{sql} LIMIT {MEMBERS_MAX + 1}").rows]
    if len(found) > LEVELS_MAX:
        return [one for one in found if one[:1].isupper()] if len(found) <= MEMBERS_MAX else []
    return found
