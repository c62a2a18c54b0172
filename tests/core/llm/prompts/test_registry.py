"""Which version of a template is live, for whom, since when, and what it passed to be so."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Invalid, NotFound
from core.llm.prompts import Prompts
from core.llm.prompts.template import hash_of
from core.storage.database import Database, new_id
from core.storage.migrations import migrate

HEAD = """---
name: hello
owner: The studio
variables: [name]
sample: {name: Ana}
requires: [renders_with_sample, no_digits]
---
"""


@pytest.fixture
def database(sqlite_url):
    made = Database(sqlite_url)
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "prompts"
    made.mkdir()
    (made / "hello.md").write_text(HEAD + "Hello {{ name }}.\n")
    return made


@pytest.fixture
def prompts(database, folder):
    return Prompts(database, folder)


def said(prompts, org="acme", label="live"):
    return prompts.render(org, "hello", {"name": "Ana"}, label).text


def test_what_is_shipped_is_live_for_everybody(prompts):
    made = prompts.render("acme", "hello", {"name": "Ana"})
    assert (made.text, made.version) == ("Hello Ana.", 1)
    assert made.hash == hash_of("Hello {{ name }}.\n")
    assert prompts.labelled("acme", "hello").owner == "The studio"
    assert prompts.history("acme", "hello") == []


def test_a_changed_file_is_a_new_version_and_the_old_one_is_kept(database, folder, prompts):
    before = prompts.labelled("acme", "hello")
    (folder / "hello.md").write_text(HEAD + "Good day, {{ name }}.\n")
    after = Prompts(database, folder)
    assert said(after) == "Good day, Ana."
    assert [one.version for one in after.versions("acme", "hello")] == [2, 1]
    assert after.version("acme", "hello", before.hash).template == "Hello {{ name }}.\n"
    (folder / "hello.md").write_text(HEAD + "Hello {{ name }}.\n")
    assert Prompts(database, folder).labelled("acme", "hello").version == 1


def test_a_draft_is_nobodys_live_text_until_it_is_promoted(prompts):
    draft = prompts.save("acme", "hello", "Hi {{ name }}!", by="ana", note="Friendlier")
    assert said(prompts) == "Hello Ana."
    assert said(prompts, label="draft") == "Hi Ana!"
    move = prompts.label("acme", "hello", draft.hash, "live", by="ben")
    assert said(prompts) == "Hi Ana!"
    assert said(prompts, org="other") == "Hello Ana."
    assert move.tests == {"renders_with_sample": True, "no_digits": True}
    assert [(m.label, m.by) for m in prompts.history("acme", "hello")] == [
        ("live", "ben"),
        ("draft", "ana"),
    ]


def test_a_version_that_fails_its_tests_does_not_go_live(prompts):
    draft = prompts.save("acme", "hello", "Hi {{ name }}, take 3 of {{ nothing }}.", by="ana")
    with pytest.raises(Invalid) as caught:
        prompts.label("acme", "hello", draft.hash, "live", by="ana")
    assert caught.value.details["failed"] == ["no_digits", "renders_with_sample"]
    assert "types a number" in caught.value.message
    assert said(prompts) == "Hello Ana."
    assert [move.label for move in prompts.history("acme", "hello")] == ["draft"]


def test_an_organisation_cannot_use_another_ones_version(prompts):
    secret = prompts.save("other", "hello", "Psst {{ name }}.", by="eve")
    with pytest.raises(NotFound):
        prompts.label("acme", "hello", secret.hash, "live", by="ana")
    assert [one.org_id for one in prompts.versions("acme", "hello")] == [""]


def test_rolling_back_goes_back_step_by_step_to_the_studios_own(prompts):
    texts = [f"{word} {{{{ name }}}}." for word in ("Hey", "Yo", "Hi")]
    for body in texts:
        made = prompts.save("acme", "hello", body, by="ana")
        prompts.label("acme", "hello", made.hash, "live", by="ana")
    seen = []
    for _ in texts:
        prompts.roll_back("acme", "hello", by="ben")
        seen.append(said(prompts))
    assert seen == ["Yo Ana.", "Hey Ana.", "Hello Ana."]
    with pytest.raises(Invalid, match="no earlier"):
        prompts.roll_back("acme", "hello", by="ben")
    assert prompts.history("acme", "hello")[0].by == "ben"


@pytest.mark.parametrize("name", ["hello", "untested"])
def test_rolling_back_after_going_live_again_with_an_older_text_goes_to_the_one_between(
    prompts, name
):
    """Promoted: A, B, A. Before the last one B was live, with required tests or without."""
    texts = [f"{word} {{{{ name }}}}." for word in ("Hey", "Yo", "Hey")]
    for body in texts:
        made = prompts.save("acme", name, body, by="ana")
        prompts.label("acme", name, made.hash, "live", by="ana")
    live = []
    for _ in texts[1:]:
        prompts.roll_back("acme", name, by="ben")
        live.append(prompts.labelled("acme", name).template)
    assert live == ["Yo {{ name }}.", "Hey {{ name }}."]


def test_after_rolling_back_to_the_studios_own_it_follows_the_file_again(database, folder, prompts):
    made = prompts.save("acme", "hello", "Hi {{ name }}.", by="ana")
    prompts.label("acme", "hello", made.hash, "live", by="ana")
    prompts.roll_back("acme", "hello", by="ana")
    (folder / "hello.md").write_text(HEAD + "Good day, {{ name }}.\n")
    assert said(Prompts(database, folder)) == "Good day, Ana."


def test_a_diff_says_what_changed(prompts):
    before = prompts.labelled("acme", "hello")
    after = prompts.save("acme", "hello", "Hi {{ name }}.\n", by="ana")
    lines = prompts.diff("acme", "hello", before.hash, after.hash).splitlines()
    assert lines[:2] == ["--- Studio 1", "+++ Own 1"]
    assert lines[3:] == ["-Hello {{ name }}.", "+Hi {{ name }}."]
    assert prompts.diff("acme", "hello", after.hash, after.hash) == ""


def test_a_template_of_ones_own_needs_no_file(prompts):
    with pytest.raises(NotFound, match="no prompt 'mine'"):
        prompts.render("acme", "mine")
    made = prompts.save("acme", "mine", "Say {{ what }}.", by="ana")
    assert prompts.names("acme") == ["hello", "mine"]
    assert prompts.names("other") == ["hello"]
    with pytest.raises(NotFound, match="labelled 'live'"):
        prompts.render("acme", "mine")
    prompts.label("acme", "mine", made.hash, "live", by="ana")
    assert prompts.render("acme", "mine", {"what": "yes"}).text == "Say yes."
    with pytest.raises(Invalid, match="no earlier"):
        prompts.roll_back("acme", "mine", by="ana")


def test_a_template_can_be_used_where_it_is_known(prompts):
    prompts.save("acme", "mine", "Say {{ what }}.", by="ana")
    for name, org in (("hello", "other"), ("mine", "acme"), ("mine", "")):
        prompts.check(name, org)
    for name, org in (("mine", "other"), ("nobodys", "")):
        with pytest.raises(NotFound, match=f"no prompt '{name}'"):
            prompts.check(name, org)


def test_a_text_used_once_is_kept_by_its_hash_without_a_label(prompts):
    made = prompts.keep("acme", "one_off", "Write about {{ topic }}.")
    assert prompts.keep("acme", "one_off", "Write about {{ topic }}.") == made
    assert prompts.version("acme", "one_off", made.hash[:12]) == made
    assert prompts.history("acme", "one_off") == []


@pytest.mark.parametrize("name", ["", "a b", "../x", "\u00e4", "a" * 81, "__"])
def test_a_name_is_letters_digits_and_underscores(prompts, name):
    with pytest.raises(Invalid):
        prompts.save("acme", name, "x", by="ana")


def test_an_unreadable_text_and_an_unknown_label_are_refused(prompts):
    with pytest.raises(Invalid):
        prompts.save("acme", "hello", "{{ open", by="ana")
    made = prompts.labelled("acme", "hello")
    with pytest.raises(Invalid, match="no label"):
        prompts.label("acme", "hello", made.hash, "best", by="ana")


def test_a_preview_keeps_nothing(prompts):
    assert prompts.preview("hello", "Hi {{ name }}", {"name": "Bo"}).text == "Hi Bo"
    assert len(prompts.versions("acme", "hello")) == 1


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(["Hey", "Yo", "Hi", "back"]), max_size=8))
def test_every_step_forward_can_be_taken_back(prompts, acts):
    """A stack of what was live is all there is to know."""
    org, live = new_id(), ["Hello"]
    for act in acts:
        if act != "back":
            made = prompts.save(org, "hello", f"{act} {{{{ name }}}}.", by="ana")
            prompts.label(org, "hello", made.hash, "live", by="ana")
            if live[-1] != act:
                live.append(act)
        elif len(live) > 1:
            prompts.roll_back(org, "hello", by="ana")
            live.pop()
        assert said(prompts, org) == f"{live[-1]} Ana."
