"""In local mode only this computer gets in, by any name it has and by no other."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.serve.hosts import LocalOnly, is_loopback


async def page(_request):
    return PlainTextResponse("in")


async def stream(socket):
    await socket.accept()
    await socket.close()


INSIDE = Starlette(routes=[Route("/", page), WebSocketRoute("/ws", stream)])


def client(*, local, host="127.0.0.1", caller="127.0.0.1"):
    app = LocalOnly(INSIDE, local=lambda: local)
    return TestClient(app, base_url=f"http://{host}:8501", client=(caller, 1))


@pytest.mark.parametrize("name", ["localhost:8501", "127.0.0.1", "[::1]:8501", "127.8.9.1", "::1"])
def test_the_names_of_this_computer(name):
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["", "evil.test", "10.0.0.4", "localhost.evil.test", "0.0.0.0"])
def test_the_names_of_others(name):
    assert not is_loopback(name)


def test_this_computer_gets_in():
    assert client(local=True).get("/").text == "in"


def test_a_rebound_name_does_not_get_in():
    answer = client(local=True, host="evil.test").get("/")
    assert answer.status_code == 403
    assert "STUDIO_HOST" in answer.text


def test_another_computer_does_not_get_in_even_by_the_right_name():
    assert client(local=True, caller="10.0.0.4").get("/").status_code == 403


def test_web_sockets_are_guarded_too():
    with pytest.raises(WebSocketDisconnect):
        client(local=True, host="evil.test").websocket_connect("/ws").__enter__()


def test_where_everyone_signs_in_names_do_not_matter():
    assert client(local=False, host="studio.example", caller="10.0.0.4").get("/").text == "in"
