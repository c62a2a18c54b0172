# ruff: noqa: S608 - every name and value in the SQL is quoted
"""SQL that compares two periods: whole, by segment, by slice, and by price, volume and mix."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.tables import literal, quote
from core.tools.periods import Wanted, label_sql
from core.tools.reading import named


@dataclass(frozen=True)
class Comparison:
    """One measure of one table in two periods; `total` adds up, otherwise rows are averaged."""

    table: str
    measure: str
    moment: str
    wanted: Wanted
    total: bool

    @property
    def label(self) -> str:
        """SQL of a row's period."""
        return label_sql(self.moment, self.wanted.period)

    def value(self, label: str | None = None) -> str:
        """SQL of the measure over all rows, or over those of one period."""
        body = f"{'fsum' if self.total else 'favg'}({quote(self.measure)})"
        body += f" FILTER (WHERE period = {literal(label)})" if label else ""
        return f"coalesce({body}, 0)" if self.total else body

    def periods(self) -> str:
        """SQL of the measure in every period, in order of time."""
        return f"""SELECT {self.label} AS period, count(*) AS "rows", {self.value()} AS value
FROM {quote(self.table)}
WHERE {self.moment} IS NOT NULL
GROUP BY 1
ORDER BY 1"""

    def whole(self) -> str:
        """SQL of one row: before, after, change, share; and a year ago where the data has it."""
        current, before, ago = self.wanted.current, self.wanted.before, self.wanted.year_ago
        extra = ""
        if ago and ago != before:
            extra = f""",
       {literal(ago)} AS year_ago, {self.value(ago)} AS year_ago_value,
       after - year_ago_value AS year_change,
       (after - year_ago_value) / nullif(abs(year_ago_value), 0) AS year_share"""
        return f"""SELECT {literal(current)} AS period, {literal(before)} AS previous,
       {self.value(before)} AS before, {self.value(current)} AS after,
       after - before AS change, (after - before) / nullif(abs(before), 0) AS share{extra}
FROM {self._rows()}"""

    def segments(self, dimension: str, sign: int, outer: dict[str, str] | None = None) -> str:
        """SQL of what each segment adds to the change, largest in the direction of `sign` first.

        Only rows that have the values in `outer`, if any.
        """
        order = "DESC" if sign > 0 else "ASC"
        return f"""WITH parts AS (
{self._parts([dimension], ["segment"], outer)}
)
SELECT *, change / nullif(fsum(change) OVER (), 0) AS share,
       row_number() OVER (ORDER BY change {order}, segment) AS rank
FROM parts
ORDER BY rank"""

    def slices(self, path: dict[str, str]) -> str:
        """SQL of one row: what the slice adds to the change, and the rest."""
        names = [f"part_{letter}" for letter, _ in zip("abc", path, strict=False)]
        chosen = " AND ".join(
            f"{name} = {literal(value)}" for name, value in zip(names, path.values(), strict=True)
        )
        return f"""WITH parts AS (
{self._parts(list(path), names)}
)
SELECT {", ".join(names)}, before, after, change, change / nullif(whole, 0) AS share,
       whole - change AS others
FROM (SELECT *, fsum(change) OVER () AS whole FROM parts)
WHERE {chosen}"""

    def price_volume_mix(self, quantity: str, dimension: str) -> str:
        """SQL of the change split by volume, mix and price; the three add up to it."""
        amount, units = quote(self.measure), quote(quantity)
        was, now = literal(self.wanted.before), literal(self.wanted.current)
        return f"""WITH parts AS (
  SELECT {named(dimension)} AS segment,
         coalesce(fsum({amount}) FILTER (WHERE period = {was}), 0) AS amount_before,
         coalesce(fsum({amount}) FILTER (WHERE period = {now}), 0) AS amount_after,
         coalesce(fsum({units}) FILTER (WHERE period = {was}), 0) AS units_before,
         coalesce(fsum({units}) FILTER (WHERE period = {now}), 0) AS units_after
  FROM {self._rows()}
  GROUP BY 1
), priced AS (
  SELECT *, coalesce(amount_before / nullif(units_before, 0),
                     amount_after / nullif(units_after, 0), 0) * units_after AS at_old_price
  FROM parts
)
SELECT sum(amount_before) AS before, sum(amount_after) AS after, after - before AS change,
       sum(units_after) * sum(amount_before) / nullif(sum(units_before), 0) AS at_old_mix,
       at_old_mix - before AS volume,
       sum(at_old_price) - at_old_mix AS mix,
       after - sum(at_old_price) AS price
FROM (SELECT * FROM priced ORDER BY segment)"""

    def _rows(self) -> str:
        """The table's rows of the periods compared, each with its period."""
        known = {self.wanted.before, self.wanted.current, self.wanted.year_ago} - {None}
        listed = ", ".join(literal(item) for item in sorted(known, key=str))
        return (
            f"(SELECT *, {self.label} AS period FROM {quote(self.table)} "
            f"WHERE {self.label} IN ({listed}))"
        )

    def _parts(
        self, dimensions: list[str], names: list[str], outer: dict[str, str] | None = None
    ) -> str:
        inside = [f"{named(column)} = {literal(value)}" for column, value in (outer or {}).items()]
        kept = f"\n  WHERE {' AND '.join(inside)}" if inside else ""
        keys = ", ".join(
            f"{named(column)} AS {name}" for column, name in zip(dimensions, names, strict=True)
        )
        groups = ", ".join(str(i + 1) for i in range(len(names)))
        was, now = self.wanted.before, self.wanted.current
        if self.total:
            return f"""  SELECT {keys},
         {self.value(was)} AS before, {self.value(now)} AS after, after - before AS change
  FROM {self._rows()}{kept}
  GROUP BY {groups}"""
        count = f"count({quote(self.measure)}) FILTER (WHERE period = {{}})"
        return f"""  SELECT {keys},
         {self.value(was)} AS before, {self.value(now)} AS after,
         {count.format(literal(was))} AS rows_before, {count.format(literal(now))} AS rows_after,
         sum(rows_before) OVER () AS all_before, sum(rows_after) OVER () AS all_after,
         sum(coalesce(before, 0) * rows_before) OVER () / all_before AS usual,
         coalesce((after - usual) * rows_after / all_after, 0)
         - coalesce((before - usual) * rows_before / all_before, 0) AS change
  FROM {self._rows()}{kept}
  GROUP BY {groups}"""
