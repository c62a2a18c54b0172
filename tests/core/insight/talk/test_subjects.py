"""A reference knows what it is of: from its label, its row and its query."""

from __future__ import annotations

from core.insight.drawer import Drawer
from core.insight.receipts import receive
from core.insight.talk.subjects import Reading, Subject, name_of
from core.insight.talk.vocabulary import of

WORDS = of({"region": ["North", "South", "East"]}, ["revenue", "returns"])


def reading(shop_at, name):
    looks = shop_at.looks()
    return Reading(Drawer(looks, receive(looks), []).subjects()[f"1.{name}"], WORDS)


def test_a_number_is_of_what_its_label_and_its_row_name(shop_at):
    lost = reading(shop_at, "change_revenue.lost")
    assert lost.own["region"] == {"north"}
    assert lost.own["measure"] == {"revenue"}
    assert lost.named == {}
    assert "period" not in lost.own
    assert "2025-07-01" in lost.covers["period"]  # its rows were filtered by it


def test_a_label_is_nearer_than_the_rest_of_the_row(shop_at):
    assert reading(shop_at, "change_revenue.before").own["period"] == {"2025-Q3", "Q3", "quarter"}


def test_a_name_names_itself(shop_at):
    region = reading(shop_at, "change_revenue.region")
    assert region.named == {"region": {"north"}}
    assert Reading(name_of("Returns"), WORDS).covers == {"measure": {"returns"}}


def test_the_query_says_what_was_added_up_where_the_label_does_not(shop_at):
    assert reading(shop_at, "change_revenue.after").subject.aggregates == {"total"}


def test_a_query_over_many_measures_does_not_say_which():
    words = of({}, ["a", "b", "c"])
    one = Subject("7", is_name=False, label="Missing", columns=frozenset("abc"))
    assert Reading(one, words).own == {}
    two = Subject("7", is_name=False, label="Missing", columns=frozenset("ab"))
    assert Reading(two, words).own == {"measure": {"a", "b"}}
