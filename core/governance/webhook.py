"""Alerts posted to where the owner said, signed as Standard Webhooks do. At least once.

What waits to be posted is a row, so a restart goes on with it; the receiver tells repeats by
`webhook-id`. One thread posts, and sleeps while nothing waits: no request ever waits for it.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import logging
import threading
from concurrent.futures import CancelledError, Future
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.errors import Invalid
from core.governance.records import ALERT
from core.kernel.calls import loop
from core.storage.database import Database, now
from core.telemetry.unbroken import Unbroken

log = logging.getLogger(__name__)
TIMEOUT_S = 5.0  # of one try, from the first byte of the connection to the status
LATER_S = (5, 30, 120, 600, 3_600, 21_600, 86_400)  # after each failed try; then it is given up
LEASE = timedelta(seconds=60)  # who took a row and died has it taken over after this
ELSEWHERE_S = 600.0  # how often to look for what another process left when it died
GONE = 410  # the receiver wants no more of this


class Webhook:
    """Posts alerts that wait. Raises Invalid at once for a secret that cannot sign."""

    def __init__(self, database: Database, url: str, secret: str = "") -> None:
        self._database = database
        self._url = url
        self._signer = _signer(secret) if secret else None
        self._ready = threading.Event()
        self._closed = False
        self._trying: Future[int] | None = None
        self._unbroken = Unbroken("webhook")
        self._thread = threading.Thread(target=self._post_forever, name="webhook", daemon=True)

    @property
    def trouble(self) -> str:
        """What broke lately in the posting itself, or that it has ended; nothing when well."""
        if not self._closed and not self._thread.is_alive():
            return "it does not run"
        return self._unbroken.trouble

    def start(self) -> None:
        """Post what waits, from before a restart as well, until `close`."""
        self._ready.set()
        self._thread.start()

    def wake(self) -> None:
        """Something waits to be posted. Returns at once."""
        self._ready.set()

    def close(self) -> None:
        """Nothing is posted any more; what waits stays for the next start."""
        self._closed = True
        self._ready.set()
        if self._trying:
            self._trying.cancel()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_S + 1)

    def post_due(self) -> int:
        """Every alert that is due was tried once; returns how many the receiver took."""
        due = sa.select(ALERT).where(ALERT.c.send_at <= now()).order_by(ALERT.c.send_at).limit(100)
        taken = 0
        for alert in self._database.rows(due):
            if self._closed:
                break
            if self._claim(alert):
                taken += self._try(alert)
        return taken

    def _post_forever(self) -> None:
        wait_s: float | None = None
        while True:
            self._ready.wait(wait_s)
            self._ready.clear()
            if self._closed:
                return
            wait_s = float(LATER_S[0])  # of a turn that breaks
            with self._unbroken:
                self.post_due()
                wait_s = self._wait_s()

    def _wait_s(self) -> float | None:
        """Seconds until something is due; None while only `wake` can change that."""
        first = sa.func.min(ALERT.c.send_at, type_=ALERT.c.send_at.type).label("at")
        at: datetime | None = self._database.rows(sa.select(first))[0].at
        idle = None if self._database.is_sqlite else ELSEWHERE_S
        if at is None:
            return idle
        wait_s = max(0.0, (at - now()).total_seconds())
        return wait_s if idle is None else min(wait_s, idle)

    def _claim(self, alert: sa.Row[Any]) -> bool:
        """This try is ours; another process that read the same row finds it taken."""
        here = (ALERT.c.id == alert.id, ALERT.c.send_at == alert.send_at)
        mine = sa.update(ALERT).where(*here).values(send_at=now() + LEASE, tries=alert.tries + 1)
        return self._database.transaction(lambda db: db.execute(mine).rowcount == 1)

    def _try(self, alert: sa.Row[Any]) -> bool:
        trouble, final = self._post(alert)
        values: dict[str, Any] = {"trouble": trouble}
        if not trouble:
            values |= {"sent_at": now(), "send_at": None}
        elif final or alert.tries >= len(LATER_S):
            values |= {"send_at": None}
            log.error("The alert %s was not delivered: %s.", alert.id, trouble)
        else:
            values |= {"send_at": now() + timedelta(seconds=LATER_S[alert.tries])}
        write = sa.update(ALERT).where(ALERT.c.id == alert.id).values(values)
        self._database.transaction(lambda db: db.execute(write))
        return not trouble

    def _post(self, alert: sa.Row[Any]) -> tuple[str, bool]:
        """What went wrong, and whether trying again is no use; ("", False) when it was taken."""
        import httpx

        body = body_of(alert)
        try:
            sending = self._send(body, self.headers(alert.id, body))
            self._trying = asyncio.run_coroutine_threadsafe(sending, loop())
            status = self._trying.result()
        except CancelledError:
            return "the studio stopped", False
        except TimeoutError:
            return f"no answer within {TIMEOUT_S:.0f} s", False
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__, False  # its words may hold the address and its secrets
        if 200 <= status < 300:
            return "", False
        return f"it answered {status}", status == GONE

    async def _send(self, body: str, headers: dict[str, str]) -> int:
        import httpx

        # The whole try is bounded, not each of its phases; the answer's body is never read.
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream("POST", self._url, content=body, headers=headers) as answer,
        ):
            return answer.status_code

    def headers(self, id: str, body: str) -> dict[str, str]:
        """What goes with the body: its id, when it was sent, and with a secret the signature."""
        at = now()
        said = {"content-type": "application/json", "user-agent": "lewis-studio"}
        said |= {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp()))}
        if self._signer:
            said["webhook-signature"] = self._signer.sign(id, at, body)
        return said


def body_of(alert: sa.Row[Any]) -> str:
    """The alert as JSON: {"type": "alert.threshold", "timestamp": ..., "data": {...}}."""
    names = ("id", "org_id", "kind", "severity", "scope", "title", "cause")
    data = {name: getattr(alert, name) for name in names}
    at = alert.at.isoformat()
    return json.dumps({"type": f"alert.{alert.kind}", "timestamp": at, "data": data})


def _signer(secret: str) -> Any:
    from standardwebhooks import webhooks

    try:
        return webhooks.Webhook(secret)
    except (binascii.Error, webhooks.EmptyWebhookSecretError):
        raise Invalid(
            "ALERT_WEBHOOK_SECRET is no secret of a webhook.",
            hint="It is whsec_ followed by base64, as Standard Webhooks make it.",
        ) from None
