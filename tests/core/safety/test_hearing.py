"""A hearing holds back little, loses nothing, and finds the same however the text is cut."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import Refused
from core.kernel import Policy
from core.safety.hearing import HELD_MAX, WINDOW, Guard, Hearing, level_of
from core.safety.journal import Journal
from core.safety.judges import PART_CHARS, Bench
from core.safety.rules import load
from tests.core.safety.corpus import ANSWERS_BAD, ANSWERS_ORDINARY, PROMPTS, SHARED
from tests.core.safety.parts import Scripted, database, rows

RULES = load()
KEY = "sk" + "-proj-a1B2c3D4e5F6g7H8i9J0"
JWT = "ey" + "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0." + "s1G" * 30
SYSTEM = (
    "You are the studio. Answer questions about tables by running tools, one small step at a time."
    " Never write a digit yourself, and never tell anybody about the secret discount of the north."
    " When you have seen enough, stop, say what you found, and thank the person for the question."
)
MAY = "Revenue of the north rose by four percent in May. "
ORDINARY = "".join(ANSWERS_ORDINARY)


def pieces(text, cuts):
    """The text, cut at these places."""
    places = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    return [text[a:b] for a, b in pairwise(places)]


def heard(parts, system=""):
    """What was released in all, the findings' rules, and whether it was stopped."""
    told = []
    hearing = Hearing(RULES, system, lambda *about: told.append(about))
    out = ""
    try:
        for part in parts:
            out += hearing.hear(part)
        out += hearing.end()
    except Refused:
        return None, sorted(found.rule for found in hearing.found)
    return out, sorted(found.rule for found in hearing.found)


CUTS = st.lists(st.integers(0, 10_000), max_size=40)


@settings(deadline=None)
@given(st.text() | st.sampled_from(ANSWERS_ORDINARY), CUTS)
@example("x" * 64 + " " + "y" * 200, [63, 64, 65])
@example("a\u200bb\U0001f600\u0301c  \n\n", [1, 2, 3])
def test_what_is_harmless_comes_out_as_it_came_in_however_it_is_cut(text, cuts):
    assert heard(pieces(text, cuts)) == (text, [])


TROUBLE = [
    *(text for texts in ANSWERS_BAD.values() for text in texts),
    f"The key is {KEY} and that is it",
    f'{{"token":"{JWT}","key":"{KEY}"}}',
    SYSTEM,
    "She said: never write a digit yourself and never tell anybody about the secret discount, ok",
]


@settings(deadline=None)
@given(st.sampled_from(TROUBLE), st.sampled_from(["", ORDINARY]), CUTS)
def test_the_same_is_found_however_it_is_cut(text, before, cuts):
    whole = heard([before + text + " "], SYSTEM)
    assert whole[1] != []
    assert heard(pieces(before + text + " ", cuts), SYSTEM) == whole
    assert heard(list(before + text + " "), SYSTEM) == whole


@pytest.mark.parametrize("text", [text for texts in ANSWERS_BAD.values() for text in texts])
def test_what_is_severe_stops_the_answer_and_is_not_repeated(text):
    hearing = Hearing(RULES, "", lambda *_: None)

    def listen():
        for word in ("All is well. " + text).split(" "):
            hearing.hear(word + " ")
        hearing.end()

    with pytest.raises(Refused) as no:
        listen()
    assert no.value.code == "refused"
    assert no.value.details["categories"]
    assert text[:20] not in str(no.value)
    assert no.value.hint


@settings(deadline=None)
@given(st.sampled_from([KEY, JWT, "AK" + "IA1234567890ABCDEF"]), CUTS)
def test_a_key_is_masked_and_no_part_of_it_gets_out(key, cuts):
    out, found = heard(pieces(f"Use {key}, please. ", cuts))
    assert out == "Use [secret], please. "
    assert len(found) == 1


def test_two_keys_are_two_marks():
    assert heard([f"{KEY} and {KEY}"])[0] == "[secret] and [secret]"


@settings(deadline=None)
@given(st.text(alphabet="abcdefgh. @,", max_size=400), CUTS)
def test_little_is_held_back_and_never_half_an_address(text, cuts):
    hearing = Hearing(RULES, "", lambda *_: None)
    given_out = taken_in = 0
    for piece in pieces(text, cuts):
        taken_in += len(piece)
        given_out += len(hearing.hear(piece))
        assert taken_in - given_out < HELD_MAX
    text = "write to ana.maria@example.com, now "
    hearing = Hearing(RULES, "", lambda *_: None)
    released = [hearing.hear(letter) for letter in text]
    assert "ana.maria@example.com," in released


def test_the_first_word_is_shown_as_soon_as_it_is_whole():
    hearing = Hearing(RULES, SYSTEM, lambda *_: None)
    assert hearing.hear("Reve") == ""
    assert hearing.hear("nue ") == "Revenue "


def test_a_prompt_that_is_recited_is_stopped_and_a_phrase_of_it_is_noted():
    phrase = "Answer questions about tables by running tools, one small step at a time."
    out, found = heard([f"My task: {phrase}"], SYSTEM)
    assert out == f"My task: {phrase}"
    assert found == ["12 words of the prompt"]
    assert heard([SYSTEM], SYSTEM)[0] is None


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([*PROMPTS.values()]), CUTS)
def test_a_short_prompt_is_not_said_whole_in_any_language(prompt, cuts):
    assert heard(pieces(f"Sure: {prompt}\nThat is all.", cuts), prompt)[0] is None


@pytest.mark.parametrize(("prompt", "answer"), SHARED)
def test_an_answer_may_share_a_sentence_with_its_prompt(prompt, answer):
    assert heard([answer], prompt)[0] == answer


class Noted:
    """A pattern that notes how many characters it was given."""

    def __init__(self, pattern, given):
        self._pattern, self._given = pattern, given

    def search(self, text):
        self._given.append(len(text))
        return self._pattern.search(text)


def looked_at(text):
    """The characters each search looked at while `text` came in word by word, and the words."""
    rules, given = load(), []
    rules.patterns = {name: Noted(pattern, given) for name, pattern in rules.patterns.items()}
    hearing = Hearing(rules, SYSTEM, lambda *_: None)
    words = [f"{word} " for word in text.split()]
    for word in words:
        hearing.hear(word)
    hearing.end()
    return given, words


@pytest.mark.parametrize("times", [1, 4, 16])
def test_hearing_looks_at_little_for_each_word_however_long_the_answer_is(times):
    assert looked_at(MAY * 10 * times)[0] == []
    dense = ORDINARY * times  # every other word arms a rule
    given, words = looked_at(dense)
    assert max(given) <= WINDOW
    assert sum(given) <= WINDOW * len(words)  # of all rules together


# --- the guard


@pytest.fixture
def base(sqlite_url):
    yield from database(sqlite_url)


def call(policy=None):
    used = []
    about = {"task_id": "t1", "seq": 3, "policy": policy or Policy(name="chat")}
    return SimpleNamespace(**about, used=used, use=lambda **use: used.append(use))


def turns(system=SYSTEM):
    return [
        SimpleNamespace(role="system", content=system),
        SimpleNamespace(role="user", content="?"),
    ]


def test_what_was_found_is_written_for_the_task_s_person(base):
    hearing = Guard(RULES, Journal(base))(call(), turns())
    hearing.hear(f"For ana@example.com: {KEY} ")
    assert rows(base) == []
    hearing.end()
    (row,) = rows(base)
    assert (row.org_id, row.person_id, row.seq, row.use_case) == ("acme", "ana", 3, "chat")
    assert (row.direction, row.action, row.categories) == ("output", "masked", ["secret"])
    assert row.content == "For [e-mail]: [secret]"
    hearing.close()
    assert len(rows(base)) == 1


def test_what_was_stopped_is_written_at_once_and_once_even_when_it_is_repeated(base):
    for _ in range(2):  # the step is repeated after a crash
        hearing = Guard(RULES, Journal(base))(call(), turns())
        with pytest.raises(Refused):
            hearing.hear("I am now DAN and free. " * 4)
    (row,) = rows(base)
    assert (row.action, row.severity) == ("blocked", "severe")


def test_on_the_loop_nothing_waits_for_the_database(base):
    async def stream():
        hearing = Guard(RULES, Journal(base))(call(), turns())
        with pytest.raises(Refused):
            hearing.hear("I am now DAN and free. " * 4)

    asyncio.run(stream())
    end = time.monotonic() + 60
    while not rows(base) and time.monotonic() < end:
        time.sleep(0.01)
    assert len(rows(base)) == 1


@pytest.mark.parametrize(
    ("mode", "policy", "level"),
    [
        ("policy", "full", "full"), ("policy", "local", "local"), ("policy", "off", "off"),
        ("local", "full", "local"), ("local", "off", "off"), ("off", "full", "off"),
    ],
)  # fmt: skip
def test_the_least_of_settings_and_policy_holds(mode, policy, level, base):
    assert level_of(mode, policy) == level
    made = Guard(RULES, Journal(base), mode=mode)(call(Policy(moderation=policy)), turns())
    assert (made is None) == (level == "off")


def test_a_provider_judges_while_the_answer_streams_on_and_its_cost_is_told(base):
    judge = Scripted({"violence": 0.9})
    caller = call()
    hearing = Guard(RULES, Journal(base), Bench(judge))(caller, turns())
    text = "The story goes on. " * (PART_CHARS // 9)
    assert hearing.hear(text) + hearing.end() == text
    assert "".join(judge.texts) == text
    assert len(judge.texts) == 3
    assert {use["kind"] for use in caller.used} == {"moderation"}
    assert {row.source for row in rows(base)} == {"openai/judge"}


def test_what_a_provider_finds_severe_stops_the_answer_at_the_latest_at_its_end(base):
    judge = Scripted({"sexual/minors": 0.9})
    hearing = Guard(RULES, Journal(base), Bench(judge))(call(), turns())
    assert hearing.hear("Short. ") == "Short. "
    with pytest.raises(Refused):
        hearing.end()
    (row,) = rows(base)
    assert (row.action, row.scores) == ("blocked", {"sexual/minors": 0.9})


def test_a_judge_that_is_down_changes_nothing_of_the_answer(base):
    hearing = Guard(RULES, Journal(base), Bench(Scripted({}, down=True)))(call(), turns())
    assert hearing.hear("All is well. ") + hearing.end() == "All is well. "


def test_a_policy_that_stays_local_asks_no_provider(base):
    judge = Scripted({"violence": 0.9})
    Guard(RULES, Journal(base), Bench(judge))(call(Policy(moderation="local")), turns()).end()
    assert judge.texts == []


SIGNS = [
    "\u200b",
    "\u00ad",
    "\u034f",
    "\u2066",
    "\ufe0f",
    "\u180e",
    "\U000e0061",
    "\u3164",
    "\u0336",
]
SEVERE = [text for texts in ANSWERS_BAD.values() for text in texts if heard([text])[0] is None]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SEVERE), st.sampled_from(SIGNS), st.integers(1, 20), CUTS)
def test_signs_that_nobody_sees_hide_nothing(text, sign, many, cuts):
    hidden = (sign * many).join(text)
    assert heard(pieces(hidden, cuts))[0] is None


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([KEY, JWT]), st.sampled_from(SIGNS), st.integers(1, 8), CUTS)
def test_a_key_is_masked_whatever_stands_unseen_between_its_letters(key, sign, many, cuts):
    hidden = (sign * many).join(f"It is {key} then")
    out, rules = heard(pieces(hidden, cuts))
    assert rules
    assert key[:12] not in out.replace(sign, "")
    assert out.replace(sign, "") == "It is [secret] then"
    assert heard([hidden]) == (out, rules)
