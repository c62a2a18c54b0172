"""Which type each column of text gets, and the expression that reads it; doubts are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data.landing import Doubt, ReadOptions
from core.data.reading import patterns
from core.data.reading.exam import Exam, Examiner
from core.data.reading.patterns import matches

QUESTIONS = {
    "date_order": "In {name}, is {example} written day first or month first?",
    "decimal": "In {name}, does {example} have a decimal mark or a thousands separator?",
}


DOLLARS = ("$", "US$", "USD", "£", "GBP")  # always written with a decimal point


@dataclass
class Reading:
    """How one column is read."""

    type: str
    expression: str


@dataclass
class Decisions:
    """How all columns are read, what people should know, what they are asked."""

    readings: list[Reading] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)  # what was found out on the way


class Judge:
    """Decides for the text columns of one relation."""

    def __init__(self, examiner: Examiner, options: ReadOptions) -> None:
        self.examiner, self.options = examiner, options
        self.made = Decisions()
        self.decimal: str | None = None  # what the whole file shows
        self.order: str | None = None

    def decide(self, fields: Sequence[str], names: Sequence[str], *, numbers: bool) -> Decisions:
        """A reading for each field, in order. Without `numbers` only dates are looked for."""
        exams = [Exam(one, name) for one, name in zip(fields, names, strict=True)]
        self.examiner.first(exams)
        dates = [exam for exam in exams if _dated(exam)]
        self.examiner.dates(dates)
        amounts = [exam for exam in exams if numbers and exam not in dates and self._unclear(exam)]
        self.examiner.numbers(amounts)
        self._look_over(dates, amounts)
        self.made.readings = [self._reading(exam, numbers=numbers) for exam in exams]
        return self.made

    def _unclear(self, exam: Exam) -> bool:
        counts = exam.counts
        grouped = counts["grouped"] and exam.all("grouped", "whole")
        clear = exam.all("boolean") or (exam.all("plain") and not grouped)
        return exam.filled > 0 and not clear and not counts["code"]

    def _look_over(self, dates: list[Exam], amounts: list[Exam]) -> None:
        """The file's own habits: one sure column decides for those that are not."""
        marks = {
            exam.counts["dot_only"] > exam.counts["comma_only"] for exam in amounts if _marked(exam)
        }
        if len(marks) == 1:
            self.decimal = "." if marks.pop() else ","
        orders = {sure for exam in dates if (sure := _sure_order(exam)) in ("dmy", "mdy")}
        if len(orders) == 1:
            self.order = orders.pop()
        found = {"decimal": self.decimal, "date_order": self.order}
        self.made.options = {key: value for key, value in found.items() if value}

    def _reading(self, exam: Exam, *, numbers: bool) -> Reading:
        as_text = Reading("VARCHAR", f"nullif({exam.field}, '')")
        if exam.filled == 0:
            self._note(exam, "holds nothing.")
            return as_text
        if exam.all("boolean"):
            return Reading(
                "BOOLEAN", f"TRY_CAST(CASE WHEN {_in(exam)} THEN {exam.cell} END AS BOOLEAN)"
            )
        reading = self._moment(exam) if "ymd" in exam.counts else None
        if reading is None and numbers:
            reading = self._number(exam)
        return reading or as_text

    def _number(self, exam: Exam) -> Reading | None:
        counts = exam.counts
        if counts["code"] and counts["plain"] > 0.9 * exam.filled:
            self._note(exam, "has leading zeros or telephone numbers and is kept as text.")
        if counts["code"]:
            return None
        if exam.all("plain") and ("dot" not in counts or self._mark(exam) == "."):
            return self._plain(exam)
        if "dot" not in counts:
            return None
        decimal = self._mark(exam)
        kind = "dot" if decimal == "." else "comma"
        if not counts[kind] or self._clash(exam) or not self._agreed(exam, kind, decimal):
            return None
        self._said(exam)
        whole = counts[f"{kind}_fraction"] == 0 and counts["whole"] == exam.filled
        value = patterns.amount(exam.cell, decimal)
        guarded = f"CASE WHEN {matches(exam.cell, patterns.number(decimal))} THEN {value} END"
        return Reading("BIGINT" if whole else "DOUBLE", guarded)

    def _agreed(self, exam: Exam, kind: str, decimal: str) -> bool:
        """Whether the cells are amounts but for one in a hundred; a note tells of those."""
        counts = exam.counts
        finite = exam.filled - counts["endless"]
        odd = finite - counts[kind]
        agreed = odd <= 0.01 * finite and not (odd and self._identity(exam, kind))
        if odd and counts[kind] >= 0.5 * finite:
            what = (
                "not numbers and read as missing" if agreed else "not numbers; the column is text"
            )
            self._odd(exam, odd, matches("v", patterns.number(decimal)), what)
        return agreed

    def _plain(self, exam: Exam) -> Reading | None:
        counts = exam.counts
        if counts["huge"]:
            self._note(exam, "has whole numbers of more than 18 digits and is kept as text.")
            return None
        kind = "BIGINT" if counts["whole"] == exam.filled else "DOUBLE"
        cell = exam.cell
        if counts["missing"]:
            cell = f"CASE WHEN {matches(cell, patterns.PLAIN)} THEN {cell} END"
        return Reading(kind, f"TRY_CAST({cell} AS {kind})")

    def _mark(self, exam: Exam) -> str:
        """The decimal mark of the column: its own, the file's, the one given, or asked for."""
        counts = exam.counts
        if _marked(exam):
            return "." if counts["dot_only"] > counts["comma_only"] else ","
        open_ = counts["dot_fraction"] + counts["comma_fraction"] > 0
        known = self.decimal or self.options.decimal
        usual = "," if self.options.delimiter == ";" else "."
        if counts["currency"] in DOLLARS:
            return "."
        if known or not open_ or counts["dot"] < 0.99 * exam.filled:
            return known or usual
        between = self.options.delimiter == ";" or counts["comma_fraction"] > 0
        if between and self.options.delimiter not in (",", "", None):
            fits = f"{matches('v', patterns.number('.'))} AND v ~ '.*[.,].*'"
            self._ask("decimal", exam, [".", ","], self.examiner.example(exam, fits))
        return usual

    def _clash(self, exam: Exam) -> bool:
        """Several currencies, or percents among plain numbers: no one unit."""
        counts = exam.counts
        amounts = max(counts["dot"], counts["comma"])
        mixed = 0 < counts["percent"] < amounts
        if counts["currencies"] > 1 or mixed:
            what = "percents and plain numbers" if mixed else "several currencies"
            self._note(exam, f"mixes {what} and is kept as text.")
            exam.counts["currencies"], exam.counts["clashes"] = 0, True
        return exam.counts.get("clashes", False)

    def _identity(self, exam: Exam, kind: str) -> bool:
        counts = exam.counts
        return counts[f"{kind}_fraction"] == 0 and counts["distinct"] > 0.9 * exam.filled

    def _said(self, exam: Exam) -> None:
        counts = exam.counts
        if counts["percent"]:
            self._note(exam, "is in percent; the sign was left out (12% is 12).")
        if counts["currency"]:
            self._note(exam, f"is in {counts['currency']}; the sign was left out.")
        if counts["endless"]:
            self._note(exam, f"has {_cells(counts['endless'])} infinite, read as missing.")

    def _moment(self, exam: Exam) -> Reading | None:
        order = self._order(exam)
        if order is None:
            return None
        counts = exam.counts
        cell = exam.cell
        value = patterns.moment(cell, order, offset=counts["offset"] > 0)
        odd = exam.filled - counts[order]
        if odd:
            fits = f"{patterns.moment('v', order, offset=False)} IS NOT NULL"
            self._odd(exam, odd, fits, "no dates and read as missing")
        kind = "TIMESTAMP" if counts["clock"] else "DATE"
        guarded = f"CASE WHEN {matches(cell, patterns.pattern_of(order))} THEN {value} END"
        return Reading(kind, f"TRY_CAST({guarded} AS {kind})")

    def _order(self, exam: Exam) -> str | None:
        sure = _sure_order(exam)
        if sure != "ask":
            if sure is None:
                best = max(exam.counts[order] for order in ("ymd", "dmy", "mdy", "named"))
                note = f"{best:,} of {exam.filled:,} cells are dates in one order"
                self._note(exam, f"looks like dates, but only {note}; it is kept as text.")
            return sure
        given = self.options.date_order if self.options.date_order != "ymd" else None
        known = self.order or given
        if known:
            return known
        fits = matches("v", patterns.pattern_of("dmy"))
        day, month = (patterns.moment("v", order, offset=False) for order in ("dmy", "mdy"))
        telling = f"({fits}) AND {day} <> {month}"  # 03/04 tells what 01/01 does not
        example = self.examiner.example(exam, telling) or self.examiner.example(exam, fits)
        self._ask("date_order", exam, ["dmy", "mdy"], example)
        return "dmy" if (self.decimal or self.options.decimal) == "," else "mdy"

    def _ask(self, what: str, exam: Exam, choices: list[str], example: str) -> None:
        question = QUESTIONS[what].format(name=exam.name, example=example)
        doubt = {"field": what, "column": exam.name, "choices": choices, "example": example}
        self.made.doubts.append(Doubt.model_validate(doubt | {"question": question}))

    def _odd(self, exam: Exam, count: int, fits: str, what: str) -> None:
        shown = ", ".join(repr(cell) for cell in self.examiner.misfits(exam, fits))
        be = "is" if count == 1 else "are"
        self._note(exam, f"{count:,} of {exam.filled:,} values {be} {what} ({shown}).", ": ")

    def _note(self, exam: Exam, text: str, after: str = " ") -> None:
        self.made.notes.append(f"{exam.name}{after}{text}")


def _dated(exam: Exam) -> bool:
    counts = exam.counts
    return exam.filled > 0 and counts["date"] + counts["named"] >= 0.9 * exam.filled


def _marked(exam: Exam) -> bool:
    """Whether the cells themselves show which mark is the decimal one."""
    dot, comma = exam.counts["dot_only"], exam.counts["comma_only"]
    return max(dot, comma) > 99 * min(dot, comma)


def _sure_order(exam: Exam) -> str | None:
    """The order in which the cells are days; "ask" if two fit all alike; None if none does."""
    counts = exam.counts
    for order in ("ymd", "named"):
        if exam.most(order):
            return order
    if counts["dmy"] == counts["mdy"] and exam.most("dmy"):
        return "dmy" if counts["dotted"] == counts["dmy"] else "ask"
    better = "dmy" if counts["dmy"] > counts["mdy"] else "mdy"
    return better if exam.most(better) else None


def _in(exam: Exam) -> str:
    return f"lower({exam.cell}) IN ('true', 'false')"


def _cells(count: int) -> str:
    return "1 cell that is" if count == 1 else f"{count:,} cells that are"
