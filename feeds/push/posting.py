"""What is due in the outbox, sent: to the hub, to webhooks, to people. Each destination has a thread of its own, that
ends with the process.

This module alone knows when a delivery is noted: when it was taken. A webhook or a hub that took one of which a killed
process never heard gets it again under the same id; a message to people, which has none, may in that case come twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from time import monotonic
from uuid import uuid4

from pebble import concurrent

from feeds.push import webhook, websub
from feeds.push.destinations import Destination, Every
from feeds.push.messages import Message, Notice, Reader, news, notices
from feeds.push.request import Answer, Outcome
from feeds.push.services import Service
from store.announcement import Archived
from store.archive import Archive
from store.database import Database
from store.lease import TERM, Lease
from store.outbox import HUB, LONGEST_WAIT, Delivery, Kind, Outbox

_LOOK = 0.5  # seconds between two looks at what is under way
_ROUND = timedelta(seconds=30)  # after which nothing more is begun: the rest comes with the next round

log = logging.getLogger("zerowire.push")


def post(
    database: Database, destinations: Iterable[Destination], hub: str, *, now: datetime, stop: Event | None = None
) -> bool:
    """Send what is due to *destinations* and, where there is one, to *hub*; False where another process does so.

    It takes half a minute at most, and what a request under way then takes. What fails is logged when it does for the
    first time and when it is given up, and tried again by a later call. *stop* ends it at once: what is under way then
    is left to itself, and nobody posts until the lease is over.
    """
    lease = Lease(database, "post", uuid4().hex)
    if not lease.acquire(now=now):
        return False
    round_ = _Round(database, now)
    jobs: dict[str, Callable[[], None]] = {each.name: partial(round_.tell, each) for each in destinations}
    if hub:
        jobs[HUB] = partial(round_.ping, hub)
    under_way = {concurrent.thread(job)(): name for name, job in jobs.items()}
    _wait(under_way, lease, round_, stop or Event())
    if not under_way:
        lease.release()
    return True


def _wait(under_way: dict[Future[None], str], lease: Lease, round_: _Round, stop: Event) -> None:
    """Wait until all is done, or we are stopped, and keep the lease meanwhile; where it is lost, begin nothing more."""
    renewed = round_.now
    while under_way and not stop.is_set():
        for done in wait(under_way, timeout=_LOOK).done:
            name, error = under_way.pop(done), done.exception()
            if error is not None:
                # Its text may hold an address.
                log.error("failed", extra={"destination": name, "reason": type(error).__name__})
        if under_way and round_.now > renewed + TERM / 3:
            renewed = round_.now
            if not lease.acquire(now=renewed):
                round_.stop()
    if under_way:
        round_.stop()


class _Round:
    """One round of deliveries. Its methods run in threads."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._outbox, self._archive = Outbox(database), Archive(database)
        self._began, self._since = now, monotonic()
        self._stopped = Event()

    @property
    def now(self) -> datetime:
        return self._began + timedelta(seconds=monotonic() - self._since)

    def stop(self) -> None:
        self._stopped.set()

    def ping(self, hub: str) -> None:
        """Tell *hub* of each feed that changed."""
        self._each(self._outbox.due(HUB, now=self._began), lambda each: websub.send(hub, each, now=self.now))

    def tell(self, destination: Destination) -> None:
        """Tell *destination* what waits for it."""
        if destination.service is None:
            due = self._outbox.due(destination.name, now=self._began)
            self._each(due, lambda each: self._to_webhook(destination, each))
            return
        reader = Reader(destination.language, destination.zone)
        self._tell_notices(destination, destination.service, reader)
        self._tell_news(destination, destination.service, reader)

    def _each(self, due: Iterable[Delivery], send: Callable[[Delivery], Answer]) -> None:
        """Send each of *due* by itself, until the round is over or the other side is away."""
        for delivery in due:
            if self._stopped.is_set() or self.now > self._began + _ROUND:
                return
            answer = send(delivery)
            self._note([delivery], answer)
            if answer.outcome in (Outcome.AWAY, Outcome.ENDED):
                return

    def _to_webhook(self, destination: Destination, delivery: Delivery) -> Answer:
        if delivery.item.kind is Kind.NOTICE:
            return webhook.send(destination, delivery, None, now=self.now)
        announcement = self._present(delivery)
        if announcement is None:
            return _GONE
        return webhook.send(destination, delivery, announcement, now=self.now)

    def _tell_notices(self, destination: Destination, service: Service, reader: Reader) -> None:
        due = self._outbox.due(destination.name, Kind.NOTICE, now=self._began)
        if due:
            told = [each.item.content["notice"] for each in due]
            told = [Notice(**each | {"when": datetime.fromisoformat(each["when"])}) for each in told]
            self._send(service, notices(told, reader), due)

    def _tell_news(self, destination: Destination, service: Service, reader: Reader) -> None:
        due, digest, day = self._due_news(destination), "", None
        if destination.every is not Every.ANNOUNCEMENT:
            digest, day = destination.every, destination.last_period(self._began).astimezone(destination.zone).date()
        present = {each.number: announcement for each in due if (announcement := self._present(each))}
        gone = [each for each in due if each.number not in present]
        if gone:
            self._note(gone, _GONE)
        if present:
            told = news(list(present.values()), reader, digest=digest, day=day, longest=service.longest)
            self._send(service, told, [each for each in due if each.number in present])

    def _due_news(self, destination: Destination) -> list[Delivery]:
        """Return the announcements that wait for a message now: for a digest none where its period had one."""
        now, name = self._began, destination.name
        if destination.every is Every.ANNOUNCEMENT:
            return self._outbox.due(name, Kind.ANNOUNCEMENT, now=now)
        period = destination.last_period(now)
        last = self._outbox.last_told(name, now=now)
        if last is not None and last >= period:
            return []
        return self._outbox.due(name, Kind.ANNOUNCEMENT, now=now, queued_by=period)

    def _present(self, delivery: Delivery) -> Archived | None:
        announcement = self._archive.get(delivery.item.key)
        return announcement if announcement is not None and announcement.gone is None else None

    def _send(self, service: Service, message: Message, told: Sequence[Delivery]) -> None:
        taken = service.send(message)
        self._note(told, Answer(Outcome.TAKEN) if taken else Answer(Outcome.AWAY, "apprise: not taken"))

    def _note(self, tried: Sequence[Delivery], answer: Answer) -> None:
        name, problem = tried[0].destination, answer.problem
        if answer.outcome is Outcome.TAKEN:
            self._outbox.delivered(tried, now=self.now)
        elif answer.outcome is Outcome.ENDED:
            self._outbox.stop(name, problem, now=self.now)
            log.error("wants nothing more", extra={"destination": name, "reason": problem})
        elif answer.outcome is Outcome.REFUSED:
            self._outbox.refused(tried, problem, now=self.now)
            if answer is not _GONE:
                log.error("refused", extra=_told(name, tried, problem))
        else:
            self._put_off(tried, answer)

    def _put_off(self, tried: Sequence[Delivery], answer: Answer) -> None:
        name, problem, away = tried[0].destination, answer.problem, answer.outcome is Outcome.AWAY
        pause = min(answer.wait, LONGEST_WAIT) if answer.wait else None
        given_up = self._outbox.failed(tried, problem, now=self.now, wait=pause, all_wait=away)
        if given_up:
            log.error("given up", extra=_told(name, given_up, problem))
        elif all(each.attempts == 0 for each in tried):
            log.warning("put off", extra=_told(name, tried, problem))


def _told(destination: str, deliveries: Sequence[Delivery], problem: str) -> dict[str, object]:
    return {"destination": destination, "deliveries": len(deliveries), "reason": problem}


_GONE = Answer(Outcome.REFUSED, "gone before it was told")
