"""How numbers and dates are written, as DuckDB expressions over a trimmed cell."""

# ruff: noqa: RUF001 - signs people type

from __future__ import annotations

from core.data.tables import literal

SPACES = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"  # what trim takes away
PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
WHOLE = r"[+-]?\d+"
GROUPED = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+"  # 1.234 may be a fraction or a thousand
CODE = r"[+-]?0\d+|\+\d{7,}"  # leading zeros and telephone numbers are names, not amounts
ENDLESS = r"(?i)[+-]?inf(?:inity)?"
CURRENCY = r"(?:US\$|[$€£¥₹]|(?i:USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|SEK|NOK|DKK|PLN|BRL))"
GROUPS = {".": r",'’ \x{a0}\x{202f}", ",": r".'’ \x{a0}\x{202f}"}
MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
SECONDS = r"(?::\d{2}(?:\.\d{1,9})?)?"
ZONE = r"(?: ?(?i:[ap]m)| ?(?:Z|[+-]\d{2}(?::?\d{2})?))?"
CLOCK = rf"(?:[ T]+\d{{1,2}}:\d{{2}}{SECONDS}{ZONE})?"
YEAR_FIRST = r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(" + CLOCK + ")"
YEAR_LAST = r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(" + CLOCK + ")"
YEAR_BRIEF = r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})(" + CLOCK + ")"
YEAR_SHORT = rf"\d{{1,2}}[-/]\d{{1,2}}[-/]\d{{2}}{CLOCK}|\d{{2}}\.\d{{2}}\.\d{{2}}{CLOCK}"
NAMED = rf"(?i)(?:\d{{1,2}}[ \-/.]+)?(?:{MONTH})[a-z]*[ \-/.,]+.*\d{{2,4}}"
NAMED_FORMATS = (
    *("%d %b %Y", "%d-%b-%Y", "%d/%b/%Y", "%d. %b %Y", "%d %B %Y", "%d-%B-%Y", "%d. %B %Y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%y", "%d %b %y"),
)
OFFSET = r".*\d:\d{2}(?::\d{2}(?:\.\d+)?)? ?(?:Z|[+-]\d{2}(?::?\d{2})?)"


def number(decimal: str, *, fraction: bool = False) -> str:
    """The pattern of an amount with that decimal mark: sign, currency, percent, thousands.

    With `fraction` only amounts that write the mark match.
    """
    mark, group = "\\" + decimal, f"[{GROUPS[decimal]}]"
    whole = rf"(?:[1-9]\d{{0,2}}(?:{group}\d{{3}})+|\d+)"
    body = rf"(?:{whole}?{mark}\d+|{whole}{mark})"
    if not fraction:
        body = rf"(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d{{1,3}})?"
    before = rf"\(?\s*[+−-]?\s*{CURRENCY}?\s*[+−-]?\s*"
    return rf"{before}{body}\s*(?:%|{CURRENCY})?\s*\)?"


def matches(cell: str, pattern: str) -> str:
    """Whether all of the cell has the pattern."""
    return f"regexp_full_match({cell}, {literal(pattern)})"


def amount(cell: str, decimal: str) -> str:
    """The cell as DOUBLE, written with that decimal mark; NULL if it is no number."""
    bare = f"replace(regexp_replace({cell}, {literal(CURRENCY)}, '', 'g'), '−', '-')"
    keep = "[^0-9.eE+-]" if decimal == "." else "[^0-9,eE+-]"
    digits = f"replace(regexp_replace({bare}, '{keep}', '', 'g'), ',', '.')"
    sign = f"CASE WHEN starts_with({cell}, '(') THEN -1 ELSE 1 END"
    return f"{sign} * TRY_CAST({digits} AS DOUBLE)"


def moment(cell: str, order: str, *, offset: bool) -> str:
    """The cell as TIMESTAMP in UTC, its parts in that order; NULL if there is no such day."""
    if order == "named":
        formats = ", ".join(f"'{one}'" for one in NAMED_FORMATS)
        return f"try_strptime({cell}, [{formats}])"
    iso = _iso(cell, order)
    plain = f"TRY_CAST({iso} AS TIMESTAMP)"
    if offset:
        zoned = rf"regexp_replace({iso}, ' ?([+-]\d{{2}}):?(\d{{2}})?$', '\1:\2')"
        zoned = rf"regexp_replace({zoned}, '([+-]\d{{2}}):$', '\1')"
        plain = f"TRY_CAST({zoned} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    half = "['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p']"
    return f"CASE WHEN {cell} ~ '.*[aApP][mM]$' THEN try_strptime({iso}, {half}) ELSE {plain} END"


def pattern_of(order: str) -> str:
    """The pattern of a moment written in that order."""
    if order == "named":
        return NAMED
    return YEAR_FIRST if order == "ymd" else f"{YEAR_LAST}|{YEAR_SHORT}"


def _iso(cell: str, order: str) -> str:
    if order == "ymd":
        tail = literal(f"^{YEAR_FIRST}$")
        return rf"regexp_replace({cell}, {tail}, '\1-\2-\3\4')"
    day, month = (r"\1", r"\2") if order == "dmy" else (r"\2", r"\1")
    long, brief = literal(f"^{YEAR_LAST}$"), literal(f"^{YEAR_BRIEF}$")
    century = f"CASE WHEN regexp_extract({cell}, {brief}, 3) < '70' THEN '20' ELSE '19' END"
    return (
        rf"CASE WHEN {matches(cell, YEAR_LAST)}"
        rf" THEN regexp_replace({cell}, {long}, '\3-{month}-{day}\4')"
        rf" ELSE {century} || regexp_replace({cell}, {brief}, '\3-{month}-{day}\4') END"
    )
