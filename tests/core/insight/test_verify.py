"""Verify: what holds matches, what depends on a changed row drifts, forgeries are found."""

from __future__ import annotations

import json

import pytest

from core.insight.claims import sql_hash
from core.insight.drawing.zips import pack
from core.insight.export import discover
from core.insight.exports.pack import write_pack
from core.insight.slides import Deck
from core.insight.verify import Verification, verify

ANSWER = "Revenue fell by [[1.change_revenue.share]], [[1.change_revenue.region]] lost most."


@pytest.fixture(scope="module")
def packed(shop_at, tmp_path_factory):
    discover()
    path = tmp_path_factory.mktemp("pack") / "pack.zip"
    path.write_bytes(write_pack(shop_at.deck(ANSWER), shop_at.blobs))
    return path


def _forge(shop_at, path, change, *, data=True):
    """A pack with a changed deck and a manifest that fits it: as a careful forger makes it."""
    raw = json.loads(shop_at.deck(ANSWER).model_dump_json())
    change(raw)
    deck = Deck.model_validate(raw)
    made = write_pack(deck, shop_at.blobs if data else None)
    path.write_bytes(made)
    return path


def _by_id(made: Verification) -> dict[str, str]:
    return {one.id: one.status for one in made.claims}


def test_a_pack_verifies_itself(packed, shop_at):
    made = verify(packed)
    assert made.ok
    assert made.match == len(made.claims)
    ids = set(_by_id(made))
    assert set(shop_at.deck(ANSWER).claims) <= ids
    assert {"receipt 1.change_revenue", "chart 1.change_revenue", "chart 1.orders"} <= ids


def test_the_data_may_be_given_instead(packed, shop_at):
    assert verify(packed, [shop_at.file]).ok


def test_after_one_changed_row_what_depends_on_it_drifts_and_the_rest_matches(
    packed, shop_at, tmp_path
):
    lines = shop_at.file.read_text().splitlines()
    day, region, revenue = lines[12].split(",")
    assert region == "South"
    lines[12] = f"{day},{region},{float(revenue) + 5000:.2f}"
    changed = tmp_path / "sales.csv"
    changed.write_text("\n".join(lines) + "\n")
    made = verify(packed, [changed])
    status = _by_id(made)
    assert not made.ok
    for id in ("share", "before"):
        assert status[f"1.change_revenue.{id}"] == "drift"
    for id in ("1.change_revenue.after", "1.change_revenue.lost", "1.orders.orders"):
        assert status[id] == "match"
    before = next(one for one in made.claims if one.id == "1.change_revenue.before")
    assert before.difference == pytest.approx(5000)
    assert before.found != before.stored
    assert "other bytes" in made.notes[0]


def test_a_difference_too_small_to_show_matches_and_is_reported(packed, shop_at, tmp_path):
    lines = shop_at.file.read_text().splitlines()
    day, region, revenue = lines[12].split(",")
    lines[12] = f"{day},{region},{float(revenue) + 0.01:.2f}"
    changed = tmp_path / "sales.csv"
    changed.write_text("\n".join(lines) + "\n")
    one = next(c for c in verify(packed, [changed]).claims if c.id == "1.change_revenue.before")
    assert one.status == "match"
    assert one.difference == pytest.approx(0.01)
    assert "exact value differs" in one.reason


def test_an_edited_text_drifts_though_the_value_is_right(shop_at, tmp_path):
    def change(raw):
        raw["claims"]["1.change_revenue.share"]["text"] = "71.8%"

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    one = next(c for c in made.claims if c.id == "1.change_revenue.share")
    assert (one.status, one.found) == ("drift", "17.8%")


def test_an_edited_value_drifts(shop_at, tmp_path):
    def change(raw):
        raw["claims"]["1.orders.orders"].update(value=999, text="999")

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["1.orders.orders"] == "drift"


def test_an_edited_query_is_unverifiable(shop_at, tmp_path):
    def change(raw):
        raw["queries"]["q1.1"]["sql"] = raw["queries"]["q1.1"]["sql"].replace("count", "2*count")

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["1.orders.orders"] == "unverifiable"
    assert _by_id(made)["1.change_revenue.share"] == "match"


def test_a_query_forged_with_its_hash_and_its_number_is_unverifiable(shop_at, tmp_path):
    def change(raw):
        sql = "SELECT '2025 Q4' AS quarter, 999 AS orders, 1 AS revenue"
        raw["queries"]["q1.1"].update(sql=sql, sql_hash=sql_hash(sql))
        for name in ("orders", "quarter"):
            raw["claims"][f"1.orders.{name}"]["evidence"]["sql_hash"] = sql_hash(sql)
        raw["claims"]["1.change_revenue.quarter"]["evidence"]["sql_hash"] = sql_hash(sql)
        raw["claims"]["1.orders.orders"].update(value=999, text="999")

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["1.orders.orders"] == "unverifiable"


def test_a_forged_receipt_drifts(shop_at, tmp_path):
    def change(raw):
        for receipt in (raw["slides"][2]["receipt"], raw["receipts"][0]):
            receipt.update(q=0.002, tests=1)

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["receipt 1.change_revenue"] == "drift"


def test_a_description_sold_as_a_finding_is_found(shop_at, tmp_path):
    def change(raw):
        raw["slides"][3].update(kind="finding")

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["words 1.orders"] == "drift"


def test_a_reworded_slide_is_found(shop_at, tmp_path):
    def change(raw):
        raw["slides"][2]["title"] = raw["slides"][2]["title"].replace("fell", "rose")

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["words 1.change_revenue"] == "drift"
    assert not made.ok


def test_a_chart_with_other_rows_is_found(shop_at, tmp_path):
    def change(raw):
        raw["queries"]["q1.2"]["grid"]["rows"][-1][1] = 9e6

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["chart 1.change_revenue"] == "drift"


def test_without_the_data_everything_is_unverifiable_and_says_so(shop_at, tmp_path):
    made = verify(_forge(shop_at, tmp_path / "p.zip", lambda _: None, data=False))
    assert made.unverifiable == len(made.claims)
    assert "was not given" in made.claims[0].reason
    assert not made.ok


def test_a_recipe_of_another_version_leaves_numbers_checked_and_receipts_not(shop_at, tmp_path):
    def change(raw):
        raw["looks"][0]["version"] = "0" * 64

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["receipt 1.change_revenue"] == "unverifiable"
    assert _by_id(made)["1.change_revenue.share"] == "match"


def test_a_column_that_is_gone_is_unverifiable_not_a_crash(packed, tmp_path):
    other = tmp_path / "sales.csv"
    other.write_text("day,region,amount\n2025-07-01,North,5\n")
    made = verify(packed, [other])
    assert made.unverifiable
    assert any("cannot be computed" in one.reason for one in made.claims)


def test_a_deck_that_claims_nothing_holds(shop_at, tmp_path):
    path = tmp_path / "p.zip"
    path.write_bytes(write_pack(shop_at.deck(looks=[]), shop_at.blobs))
    made = verify(path)
    assert made.claims == []
    assert made.ok


def test_a_finding_that_was_left_out_is_found(shop_at, tmp_path):
    def change(raw):
        del raw["slides"][2]
        raw["slides"][1]["title"] = "There is nothing to report beyond chance."
        raw["slides"][1]["body"] = []
        raw["answer"] = []
        raw["receipts"] = [one for one in raw["receipts"] if not one["supported"]]

    made = verify(_forge(shop_at, tmp_path / "p.zip", change))
    assert _by_id(made)["receipt 1.change_revenue"] == "drift"


def test_a_zip_that_is_no_pack_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(pack([("a", b"b")]))
    with pytest.raises(Exception, match=r"no manifest\.json"):
        verify(tmp_path / "x.zip")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("In the South it was [[1.change_revenue.lost]].", "names 'South'"),
        ("In August it was [[1.change_revenue.after]].", "speaks of 'August'"),
        ("Revenue rose by [[1.change_revenue.share]].", "says up; its evidence says down"),
    ],
)
def test_a_sentence_about_something_else_than_its_references_drifts(shop_at, tmp_path, answer, why):
    path = tmp_path / "pack.zip"
    path.write_bytes(write_pack(shop_at.deck(answer), shop_at.blobs))
    made = verify(path)
    wrong = [one for one in made.claims if one.status != "match"]
    assert [one.id for one in wrong] == ["sentence 1"]
    assert why in wrong[0].reason
    assert wrong[0].stored == answer
