"""What is told of a load while it goes on, and remembered of its wallets should it fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coinassay.domain.account import Account, WalletState, WalletStatus
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.event import EventKind
from coinassay.domain.money import plain
from coinassay.errors import CoinassayError
from coinassay.services.ports import Clock
from coinassay.services.ports.events import Publisher


class Progress:
    """Of one load. Without a `publisher` nobody is told."""

    def __init__(self, account: Account, clock: Clock, publisher: Publisher | None) -> None:
        self._account = account
        self._clock = clock
        self._publisher = publisher
        self._wallets: dict[str, WalletStatus] = {}

    @property
    def wallets(self) -> tuple[WalletStatus, ...]:
        """What is known so far of each wallet that was asked about."""
        return tuple(self._wallets.values())

    def started(self) -> None:
        """Also when a load begins again because the account was changed meanwhile."""
        if self._wallets:
            self._wallets = {}
            return
        self._publish(EventKind.LOAD_STARTED)

    def wallet(self, reading: WalletReading) -> None:
        """The first word on a wallet is told."""
        if reading.wallet in self._wallets:
            return
        if reading.ok:
            status = WalletStatus(reading.wallet, WalletState.OK, self._clock())
        else:
            state = WalletState.UNKNOWN if self._account.loaded_at is None else WalletState.CARRIED
            status = WalletStatus(reading.wallet, state, None, reading.failure, reading.reason)
        self._wallets[reading.wallet] = status
        said: dict[str, object] = {"wallet": reading.wallet, "state": "ok" if reading.ok else "failed"}
        self._publish(EventKind.WALLET_DONE, said | ({} if reading.ok else _why(reading.failure, reading.reason)))

    def read(self, reading: Reading) -> None:
        """All wallets, in the end."""
        for each in reading.wallets:
            self.wallet(each)

    def finished(self, account: Account, wallets: Sequence[WalletStatus]) -> None:
        """`account` as it is after the load."""
        told: list[dict[str, object]] = []
        for each in wallets:
            told.append({"wallet": each.wallet, "state": each.state.value})
            if each.state is not WalletState.OK:
                told[-1] |= _why(each.failure, each.reason)
        self._publish(EventKind.LOAD_FINISHED, {"complete": account.complete, "wallets": told})
        total = account.total
        self._publish(EventKind.TOTAL, {"usd_amount": plain(total.usd), "btc_amount": plain(total.btc)})

    def failed(self, error: CoinassayError) -> None:
        self._publish(EventKind.LOAD_FAILED, _why(error.code, error.message))

    def _publish(self, kind: EventKind, data: Mapping[str, object] | None = None) -> None:
        if self._publisher is not None:
            self._publisher.publish(self._account.user_id, self._account.id, kind, data)


def _why(failure: str, reason: str) -> dict[str, object]:
    return {"failure": failure, "reason": reason}
