"""The rule counts a little above what common tokenizers count."""

from __future__ import annotations

import base64
import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import tokens
from core.llm.hosted.bridge import encoding, load
from core.llm.messages import Image, Message, ToolCall, ToolSpec

SAMPLES = {
    "prose": "The quarter closed with revenue slightly below the plan, mostly because shipping "
    "of one product line stopped in the north. Nobody had expected the southern stores to grow.",
    "json": '{"table": "sales", "measure": "revenue", "period": "quarter", "rows": [1, 22, 333]}',
    "code": "def total(rows):\n    return sum(row.amount for row in rows if row.kept)\n",
    "german": "Die Umsätze der Filialen in München und Köln lagen über den Erwartungen.",
    "chinese": "第三季度的收入低于预期 主要是因为北方的一条产品线停产。",
    "numbers": "2025-09-30, 1234567.89, 0.003, 44%",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bound_covers_a_real_tokenizer_without_wasting_the_budget(name):
    text = SAMPLES[name] * 5
    real = load().token_counter(model="gpt-4o", text=text)
    assert real <= tokens.bound(tokens.count(text)) <= 3 * real + tokens.MORE


ODD = random.Random(7)
DENSE = {
    "a list of people": "\n".join(
        f"{''.join(ODD.choices(string.ascii_lowercase, k=8))}@"
        f"{''.join(ODD.choices(string.ascii_lowercase, k=6))}.com"
        for _ in range(80)
    ),
    "indented JSON": json.dumps([{"a": i, "b": {"c": [1, 2]}} for i in range(40)], indent=2),
    "a column of digits": "\n".join(str(i % 10) for i in range(400)),
    "lines and blanks": "\n \n\t\n  \n" * 120,
    "base64": base64.b64encode(ODD.randbytes(900)).decode(),
    "unbroken letters": "".join(ODD.choices(string.ascii_lowercase, k=1_200)),
    "unbroken letters of both cases": "".join(ODD.choices(string.ascii_letters, k=1_200)),
    "hex": ODD.randbytes(600).hex(),
    "DNA": "".join(ODD.choices("ACGT", k=1_200)),
    "letters in threes": " ".join("".join(ODD.choices("qxzjkvw", k=3)) for _ in range(300)),
    "minified": "".join(f"var {''.join(ODD.choices('xqzjk', k=2))}=!0;" for _ in range(150)),
    "long words": "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz " * 9,
    "amharic": "የሰው ልጅ ሁሉ ሲወለድ ነጻ " * 20,
    "emoji": "👩‍👩‍👧 😀 🎉 " * 40,
}


@pytest.mark.parametrize("model", ["gpt-4", "gpt-4o"])
@pytest.mark.parametrize("name", [*SAMPLES, *DENSE])
def test_money_is_held_for_what_a_real_tokenizer_makes_of_any_kind_of_text(name, model):
    text = DENSE[name] if name in DENSE else SAMPLES[name] * 5
    real = load().token_counter(model=model, text=text)
    assert real <= tokens.bound(tokens.weigh(text)) <= 3.5 * real + tokens.MORE


ALPHABETS = {
    "base64": string.ascii_letters + string.digits + "+/=",
    "hex": "0123456789abcdef",
    "DNA": "ACGT",
    "letters": string.ascii_letters,
    "punctuation": string.punctuation + " ",
    "lines": " \t\r\n\x0b\x0c\xa0",
    "emoji": "😀🎉👩🏽‍👧❤️🇩🇪",
    "CJK": "第三季度收入低于예상보다ひらがなカタ、。",
    "Thai": "ผลประกอบการไตรมาสที่สาม",
    "zero width": "\u200b\u200c\u200d\u2060\ufeffa",
    "control": "".join(map(chr, [*range(32), *range(127, 160)])),
    "private and unassigned": "\ue000\uf8ff\U000e0001\U0010fffd\u0378",
    "combining": "a\u0300\u0301\u0323e\u0489",
}
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=300),
    st.one_of([st.text(alphabet, max_size=300) for alphabet in ALPHABETS.values()]),
    st.lists(
        st.one_of([st.text(alphabet, max_size=40) for alphabet in ALPHABETS.values()]), max_size=8
    ).map("".join),
)


def real_counts(text):
    load()  # or tiktoken looks for its files on the network
    assert encoding("gpt-4o")
    import tiktoken

    return [
        len(tiktoken.get_encoding(name).encode(text, disallowed_special=()))
        for name in ("o200k_base", "cl100k_base")
    ]


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_no_text_is_more_tokens_than_are_held(text):
    assert max(real_counts(text)) <= tokens.measure(text) <= tokens.weigh(text)


@pytest.mark.parametrize("name", ALPHABETS)
def test_a_long_text_is_read_in_parts_and_none_is_lost(name):
    text = "".join(ODD.choices(ALPHABETS[name], k=2 * tokens.CHUNK + 99))
    assert max(real_counts(text)) <= tokens.measure(text)


PROSE = {
    "english": SAMPLES["prose"],
    "german": "Das Quartal schloss mit etwas weniger Umsatz als geplant, vor allem weil eine "
    "Produktlinie im Norden nicht ausgeliefert wurde. Niemand hatte erwartet, dass es so kommt.",
    "french": "Le trimestre s'est terminé avec un chiffre d'affaires légèrement inférieur au plan, "
    "car la livraison d'une gamme s'est arrêtée dans le nord. Personne ne s'y attendait.",
}


@pytest.mark.parametrize(("name", "most"), [("english", 1.9), ("german", 1.8), ("french", 2.05)])
def test_prose_is_held_at_little_more_than_it_is(name, most):
    text = " ".join([PROSE[name]] * 20)
    assert tokens.bound(tokens.weigh(text)) <= most * min(real_counts(text))


def test_money_is_held_for_the_schema_the_tools_are_explained_with_and_every_image():
    seen = Message(role="user", content="Hi", images=[Image(media_type="image/png", data="QQ==")])
    plain = tokens.weigh_prompt([Message(role="user", content="Hi")])
    assert tokens.weigh_prompt([seen]) == plain + tokens.PER_IMAGE_MOST
    assert tokens.weigh_prompt([seen], per_image=48_169) == plain + 48_169
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    asked = [Message(role="user", content="Hi")]
    assert tokens.weigh_prompt(asked, (), schema) > plain
    assert tokens.weigh_prompt(asked, [ToolSpec(name="t")]) > plain + tokens.FOR_TOOLS


@settings(deadline=None)
@given(st.text())
def test_the_dense_reading_is_never_below_the_plain_one(text):
    assert tokens.weigh(text) >= tokens.count(text)


def test_the_module_counts_as_its_docstring_says():
    assert tokens.count("word") == 1
    assert tokens.count("revenue") == 2
    assert tokens.count("1234") == 2
    assert tokens.count("a, b") == 3
    assert tokens.count('{"a": 1}') == 5
    assert tokens.count("") == 0


def test_tools_and_earlier_calls_are_counted():
    asked = [Message(role="user", content="Hi")]
    tool = ToolSpec(name="weather", description="Says the weather.", parameters={"type": "object"})
    called = Message(role="assistant", tool_calls=[ToolCall(id="1", name="weather")])
    plain = tokens.count_prompt(asked)
    assert plain == 1 + tokens.PER_MESSAGE
    assert tokens.count_prompt(asked, [tool]) > plain
    assert tokens.count_prompt([*asked, called]) > plain + tokens.PER_MESSAGE


@settings(deadline=None)
@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(one, other):
    assert tokens.count(f"{one} {other}") == tokens.count(one) + tokens.count(other)


def test_images_are_counted():
    image = Image(media_type="image/png", data="QQ==")
    seen = Message(role="user", content="Hi", images=[image, image])
    assert tokens.count_prompt([seen]) == 1 + tokens.PER_MESSAGE + 2 * tokens.PER_IMAGE
