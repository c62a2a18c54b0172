"""The wall keeps where one was going, and says why one is still there."""

from __future__ import annotations

from tests import screens


def wall(**query):
    at = screens.AppTest.from_string(
        f"import sys\nsys.path.insert(0, {str(screens.ROOT)!r})\n"
        "from components import sign_in\nsign_in.wall()"
    )
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def test_the_form_posts_and_never_gets():
    body = wall().get("html")[0].proto.body
    assert 'method="post" action="/sign-in"' in body
    assert 'type="password"' in body
    assert 'autocomplete="current-password"' in body


def test_the_address_asked_for_is_kept_without_the_last_verdict():
    body = wall(task='a"><b', sign_in="wrong").get("html")[0].proto.body
    assert "task=a%22%3E%3Cb" in body
    assert "sign_in" not in body.partition('name="next"')[2]


def test_the_way_out_is_a_post_in_the_browsers_own_popover():
    at = screens.AppTest.from_string(
        f"import sys\nsys.path.insert(0, {str(screens.ROOT)!r})\n"
        "from components import sign_in\nsign_in.account('AB', 'Ada <b>', 'owner')"
    ).run()
    body = at.get("html")[0].proto.body
    assert 'method="post" action="/sign-out"' in body
    assert 'popovertarget="account"' in body
    assert "Ada &lt;b&gt;" in body
    assert "<b>Ada <b>" not in body


def test_a_wrong_password_is_said():
    assert "not the password" in wall(sign_in="wrong").error[0].value
    assert "Wait a minute" in wall(sign_in="wait").error[0].value
