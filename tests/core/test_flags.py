"""Feature switches: declared in a file, overridden by the environment."""

import pytest
from openfeature import api
from openfeature.provider.in_memory_provider import InMemoryProvider

from core.errors import NotFound
from core.flags import Flag, Flags, declared, open_flags
from core.settings import ROOT, SettingsInvalid, load

DECLARED = {
    "deck": Flag(description="Decks", default=True),
    "beta": Flag(description="Beta", default=False),
    "look": Flag(description="Which look", default="plain"),
}


def test_a_flag_is_what_was_declared():
    flags = Flags(DECLARED, {})
    assert flags.enabled("deck", "person:ana")
    assert not flags.enabled("beta")
    assert flags.value("look") == "plain"


@pytest.mark.parametrize("word", ["on", "TRUE", "1", "yes"])
def test_the_environment_turns_a_flag_on(word):
    flags = Flags(DECLARED, load({"FLAG_BETA": word}, env_file=None).flags)
    assert flags.enabled("beta")


@pytest.mark.parametrize("word", ["off", "False", "0", "no"])
def test_the_environment_turns_a_flag_off(word):
    assert not Flags(DECLARED, {"deck": word}).enabled("deck")


def test_a_word_flag_is_on_unless_it_says_off():
    assert Flags(DECLARED, {"look": "bold"}).value("look") == "bold"
    assert Flags(DECLARED, {"look": "bold"}).enabled("look")
    assert not Flags(DECLARED, {"look": "off"}).enabled("look")


def test_an_override_that_fits_no_flag_ends_the_start_with_the_nearest_name():
    with pytest.raises(SettingsInvalid, match=r"FLAG_DEC overrides no flag.*FLAG_DECK"):
        Flags(DECLARED, {"dec": "on"})
    with pytest.raises(SettingsInvalid, match="FLAG_BETA is 'maybe'"):
        Flags(DECLARED, {"beta": "maybe"})


def test_a_flag_nobody_declared_is_an_error_not_an_off():
    with pytest.raises(NotFound, match="beta, deck, look"):
        Flags(DECLARED, {}).enabled("nonsense")


def test_two_studios_in_one_process_do_not_share_switches():
    first, second = Flags(DECLARED, {"beta": "on"}), Flags(DECLARED, {})
    assert first.enabled("beta")
    assert not second.enabled("beta")


class Broken(InMemoryProvider):
    """A remote provider that cannot be reached."""

    def resolve_boolean_details(self, *_args, **_kwargs):
        """Nothing is resolved."""
        raise OSError("unreachable")


def test_a_provider_that_fails_leaves_switches_off():
    flags = Flags(DECLARED, {})
    api.set_provider_and_wait(Broken({}), flags._domain)
    assert not flags.enabled("deck")


def test_status_lists_every_flag_and_whether_it_was_overridden():
    states = {state.name: state for state in Flags(DECLARED, {"beta": "on"}).status()}
    assert list(states) == ["beta", "deck", "look"]
    assert (states["beta"].value, states["beta"].overridden) == (True, True)
    assert (states["deck"].value, states["deck"].overridden) == (True, False)


def test_the_flags_of_the_tree_open():
    assert [state.name for state in open_flags({}).status()] == sorted(
        declared(ROOT / "data" / "flags.yaml")
    )


@pytest.mark.parametrize(
    "text", ["- a", "a: 1", "a: {default: true}", "a: {", "a: {description: 3}"]
)
def test_a_file_that_lists_no_flags_is_told_by_name(tmp_path, text):
    path = tmp_path / "flags.yaml"
    path.write_text(text)
    with pytest.raises(SettingsInvalid, match=r"flags\.yaml"):
        declared(path)


def test_a_missing_file_is_told_by_name(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"flags\.yaml cannot be read"):
        declared(tmp_path / "flags.yaml")
