"""A lease in the store that allows one run of a job at a time; it expires if its holder dies."""

import threading
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Final
from uuid import uuid4

from shared.clock import Clock
from shared.errors import LeaseHeld, StoreUnavailable
from shared.store.port import Cells, Store
from shared.store.tables import LEASES

# A guess: long enough for a slow store, short enough to wait for after a crash.
LEASE_MS: Final = 20_000
# The lease is renewed four times in its term; a guess.
_RENEWALS_PER_TERM: Final = 4


class Lease(AbstractContextManager["Lease"]):
    """A lease on a job name. A background thread renews it while the `with` block runs.

    The lease only avoids wasted work. A holder that was stopped for longer than the term, or that
    has a wrong clock, may run at the same time as another one. The job's writes must be correct
    even then, and a long job calls `check` before it commits.
    """

    def __init__(self, store: Store, name: str, clock: Clock, *, term_ms: int = LEASE_MS) -> None:
        self._store = store
        self._key = (name,)
        self._clock = clock
        self._term_ms = term_ms
        self._holder = uuid4().hex
        self._cells: Cells = {}
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._lost = False
        self._renewer = threading.Thread(
            target=self._renew_until_released, name=f"lease {name}", daemon=True
        )

    def __enter__(self) -> "Lease":
        current = self._store.read(LEASES, self._key).get(())
        now_ms = self._clock.now_ms()
        if current is not None and int(current["until_ms"]) > now_ms:
            raise self._held_error(int(current["until_ms"]) - now_ms)
        cells = self._cells_until(now_ms + self._term_ms)
        if not self._store.compare_and_set(LEASES, self._key, current, cells):
            raise self._held_error(self._term_ms)
        self._cells = cells
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
            # Without the store the lease expires, and the job's own error is the one to report.
            with suppress(StoreUnavailable):
                self._store.compare_and_set(LEASES, self._key, self._cells, self._cells_until(0))

    def check(self) -> None:
        """Renew the lease; call it before a commit.

        Raises:
            LeaseHeld: the lease expired and another run took it.
            StoreUnavailable: the store did not answer, so the holder is unknown.
        """
        with self._lock:
            self._renew()
            if self._lost:
                raise self._held_error(self._term_ms)

    def _renew_until_released(self) -> None:
        while not self._released.wait(self._term_ms / 1000 / _RENEWALS_PER_TERM):
            with self._lock, suppress(StoreUnavailable):
                self._renew()

    def _renew(self) -> None:
        cells = self._cells_until(self._clock.now_ms() + self._term_ms)
        if self._lost or cells == self._cells:
            return
        if self._store.compare_and_set(LEASES, self._key, self._cells, cells):
            self._cells = cells
            return
        # The store may have applied an earlier renewal without a response; the lease is still ours.
        current = self._store.read(LEASES, self._key).get((), {})
        if current.get("holder") == self._holder:
            self._cells = current
        else:
            self._lost = True

    def _cells_until(self, until_ms: int) -> Cells:
        return {"holder": self._holder, "until_ms": until_ms}

    def _held_error(self, remaining_ms: int) -> LeaseHeld:
        return LeaseHeld(
            f"Another run of '{self._key[0]}' is active. If it died, its lease expires in"
            f" {max(remaining_ms, 0) / 1000:.0f} s: try again then."
        )
