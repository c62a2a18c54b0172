"""The file of providers is the only place that names them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from pydantic import SecretStr, ValidationError

from core.settings import ROOT, load
from core.settings.catalogue import Entry, catalogue, checked, credentials
from tests import rules

NAMES = {name for section in catalogue().values() for name in section}
DIALECTS = (  # rooms with one file a wire
    "core/llm/hosted/",
    "core/llm/batching/",
    "core/llm/search/",
    "core/llm/offline/",
    "core/llm/media/reach.py",  # which dialect has an SDK of its own
    "core/telemetry/lines.py",  # quiets the loggers of libraries, by the libraries' names
)
WORD = re.compile(rf"(?<![a-z])({'|'.join(sorted(NAMES))})(?![a-z])", re.IGNORECASE)


def named(source: str) -> list[str]:
    """Where a module names a provider: in text or names; prose and imports do not."""
    tree = ast.parse(source)
    prose = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}
    imported = {name for node in ast.walk(tree) for name in _imports(node)}
    found = []
    for node in ast.walk(tree):
        if id(node) in prose:
            continue
        word = _word(node)
        if not (isinstance(node, ast.Name) and word in imported) and WORD.search(word):
            found.append(f"{node.lineno}: {word}")
    return found


def _has_docstring(node: ast.AST) -> bool:
    places = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, places) and ast.get_docstring(node, clean=False) is not None


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in node.names:
            yield (name.asname or name.name).partition(".")[0]


FIELDS = {
    ast.Constant: "value", ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg",
    ast.FunctionDef: "name", ast.ClassDef: "name", ast.keyword: "arg",
}  # fmt: skip


def _word(node: ast.AST) -> str:
    value = getattr(node, FIELDS[type(node)]) if type(node) in FIELDS else ""
    return value if isinstance(value, str) else ""


def test_no_provider_is_named_outside_the_file_and_the_rooms_of_the_dialects():
    files = rules.python(rules.tree(), "core", "components", "pages", "app.py", "start.py")
    found = {
        file.as_posix(): named((ROOT / file).read_text("utf-8"))
        for file in files
        if not file.as_posix().startswith(DIALECTS)
    }
    assert {file: words for file, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "source",
    [
        'if provider == "openai": pass',
        'import openai\nif provider == "openai": pass',
        'model = "anthropic/claude"',
        "mistral_api_key: str",
        "config.openai_base_url",
        "def tavily(): ...",
        "f(ollama_host=1)",
        "key = f\"{'OPENAI_API_KEY'}\"",
    ],
)
def test_a_named_provider_is_seen(source):
    assert named(source)


@pytest.mark.parametrize(
    "source",
    ['"""OpenAI\'s shape."""', "import openai\nopenai.APIError", "# openai", "incompatible = 1"],
)
def test_prose_and_imports_name_nobody(source):
    assert named(source) == []


def test_every_entry_has_the_settings_that_it_needs():
    for section in catalogue().values():
        for name, entry in section.items():
            assert entry.setting, name
            assert entry.setting in credentials()
            assert entry.base_url.startswith("https://") or entry.needs == "url", name


@pytest.mark.parametrize(
    ("entry", "given", "missing"),
    [
        ({"key": "K", "base_url": "https://a"}, {}, "K"),
        ({"key": "K", "base_url": "https://a"}, {"K": "k"}, ""),
        ({"key": "K", "url": "U", "needs": "url"}, {"K": "k"}, "U"),
        ({"key": "K", "url": "U", "needs": "url"}, {"U": "http://a"}, ""),
        ({"key": "K", "base_url": "https://a", "keyless": "none"}, {}, ""),
    ],
)
def test_an_entry_says_what_it_lacks_to_be_asked(entry, given, missing):
    found = Entry.model_validate({"title": "A", **entry})
    assert found.missing(lambda name: given.get(name, "")) == missing


def test_an_entrys_address_is_the_settings_or_its_own():
    found = Entry(title="A", url="U", base_url="https://a/")
    assert found.address(lambda _: "") == "https://a"
    assert found.address(lambda name: {"U": "http://b/v1/"}[name]) == "http://b/v1"


def test_addresses_are_checked_and_get_their_scheme():
    made = checked({"OLLAMA_HOST": SecretStr("box:11434/"), "OPENAI_API_KEY": SecretStr(" k ")})
    assert made["OLLAMA_HOST"].get_secret_value() == "http://box:11434"
    assert made["OPENAI_API_KEY"].get_secret_value() == "k"
    assert checked({"OPENAI_API_KEY": SecretStr(" ")}) == {}


def test_wrong_credentials_are_all_told_and_never_shown():
    given = {"OPENAI_BASE_URL": "canary.example", "NOBODYS_API_KEY": "canary"}
    with pytest.raises(ValueError, match="OPENAI_BASE_URL: must begin") as refused:
        checked({name: SecretStr(value) for name, value in given.items()})
    assert "NOBODYS_API_KEY" in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"title": "A", "key": "lower_case"},
        {"title": "A", "needs": "luck"},
        {"title": "A", "basse_url": "https://a.example"},
        {"title": "A", "image_tokens": 7},
        {"title": "A", "top_p": "never"},
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(wrong):
    with pytest.raises(ValidationError):
        Entry.model_validate(wrong)


@pytest.mark.parametrize("name", sorted(credentials()))
def test_every_key_and_address_comes_from_the_environment_or_from_a_file(name, tmp_path):
    is_address = name in {entry.url for part in catalogue().values() for entry in part.values()}
    value = "http://127.0.0.1:9" if is_address else "canary"
    assert load({name: value}, None).credentials[name].get_secret_value() == value
    (tmp_path / "secret").write_text(f"{value}\n")
    found = load({f"{name}_FILE": str(tmp_path / "secret")}, None)
    assert found.credentials[name].get_secret_value() == value
    assert "canary" not in f"{found!r} {found} {found.model_dump_json()}"
