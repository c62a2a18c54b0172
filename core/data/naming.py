"""What the name of a column says it is for, however it is written."""

from __future__ import annotations

import re

ID = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|no|nr|nummer|number|code|key|zip|zipcode|postcode|plz|phone"
    r"|sku|ean|isbn|index)$"
)
KEY = re.compile(r"(^|[_\s.-])(id|ids|uuid|guid|cluster)$")
GROUP = re.compile(
    r"(^|[_\s.-])(cluster|group|batch|store|shop|site|branch|customer|client|user|account|person"
    r"|patient|subject|household|member|employee|student|school|device|machine|session)$"
)
YEAR = re.compile(r"(^|[_\s.-])(year|yr|jahr|fy|annee|año)($|[_\s.-])")


def names_something(name: str) -> bool:
    """Whole numbers so called tell things apart; they measure nothing."""
    plain = _plain(name)
    return bool(ID.search(plain) or GROUP.search(plain)) and not plain.startswith("number")


def names_key(name: str) -> bool:
    """Texts so called are identifiers even where they repeat."""
    return bool(KEY.search(_plain(name)))


def names_id(name: str) -> bool:
    """Texts so called may be identifiers."""
    return bool(ID.search(_plain(name)))


def names_year(name: str) -> bool:
    """Numbers so called are years, if they are in the range of years."""
    return bool(YEAR.search(_plain(name)))


def _plain(name: str) -> str:
    """`customerID` and `Customer Id` as `customer_id`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).strip().lower()
