"""A lease in the store: one run of a job at a time, given up by time when its holder dies."""

import threading
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from uuid import uuid4

from shared.clock import Clock
from shared.errors import LeaseHeld, StoreUnavailable
from shared.store.port import Cells, Store
from shared.store.tables import LEASES

LEASE_MS = 20_000


class Lease(AbstractContextManager["Lease"]):
    """Held while the `with` block runs, renewed from a thread of its own.

    A lease only keeps two runs from wasting work: a holder that was stopped for longer than its
    term, or whose clock is off, may find another at work beside it. What the job writes must stay
    right even then, and long jobs call `check` before they commit.
    """

    def __init__(self, store: Store, name: str, clock: Clock, *, term_ms: int = LEASE_MS) -> None:
        self._store = store
        self._key = (name,)
        self._clock = clock
        self._term_ms = term_ms
        self._holder = uuid4().hex
        self._mine: Cells = {}
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._lost = False
        self._renewer = threading.Thread(
            target=self._renew_until_released, name=f"lease {name}", daemon=True
        )

    def __enter__(self) -> "Lease":
        found = self._store.read(LEASES, self._key).get(())
        now_ms = self._clock.now_ms()
        if found is not None and int(found["until_ms"]) > now_ms:
            raise self._held(int(found["until_ms"]) - now_ms)
        wanted = self._cells(now_ms + self._term_ms)
        if not self._store.compare_and_set(LEASES, self._key, found, wanted):
            raise self._held(self._term_ms)
        self._mine = wanted
        self._renewer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self._renewer.join()
        if not self._lost:
            # Where the store cannot be reached the lease ends by itself, and the job's own error is
            # the one to hear of.
            with suppress(StoreUnavailable):
                self._store.compare_and_set(LEASES, self._key, self._mine, self._cells(0))

    def check(self) -> None:
        """Call before a commit.

        Raises:
            LeaseHeld: the lease ran out and another run took it, or nobody knows.
        """
        with self._lock:
            self._renew()
            if self._lost:
                raise self._held(self._term_ms)

    def _renew_until_released(self) -> None:
        while not self._released.wait(self._term_ms / 4000):
            with self._lock:
                try:
                    self._renew()
                except StoreUnavailable:
                    continue

    def _renew(self) -> None:
        wanted = self._cells(self._clock.now_ms() + self._term_ms)
        if self._lost or wanted == self._mine:
            return
        if self._store.compare_and_set(LEASES, self._key, self._mine, wanted):
            self._mine = wanted
            return
        # An earlier renewal of unknown outcome may have been applied after all; then it is still
        # ours.
        found = self._store.read(LEASES, self._key).get((), {})
        if found.get("holder") == self._holder:
            self._mine = found
        else:
            self._lost = True

    def _cells(self, until_ms: int) -> Cells:
        return {"holder": self._holder, "until_ms": until_ms}

    def _held(self, left_ms: int) -> LeaseHeld:
        return LeaseHeld(
            f"Another run of '{self._key[0]}' is under way; if it died, its lease ends in {max(left_ms, 0) / 1000:.0f} s: try again then."
        )
