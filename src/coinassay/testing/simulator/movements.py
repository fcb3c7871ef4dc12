"""What comes to the customers of a simulated exchange and goes from them."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from coinassay.domain.money import CONTEXT, ZERO, decimal_of
from coinassay.testing.simulator.board import Price
from coinassay.testing.simulator.dialect import Dialect, made_up
from coinassay.testing.simulator.users import (
    Movement,
    MovementKind,
    MovementState,
    SimulatedUser,
    WalletTransfer,
)


class Movements:
    """The part of SimulatedState that moves money."""

    dialect: str
    _lock: threading.RLock
    _speaks: Dialect
    _movements: int

    def _clock(self) -> int:
        raise NotImplementedError

    def deposit(
        self,
        user: SimulatedUser,
        code: str,
        amount: Price,
        *,
        at: datetime | None = None,
        fee: Price = "0",
        state: str = "done",
        network: str = "",
        wallet: str = "spot",
        internal: bool = False,
        listed: bool = True,
        txid: str = "",
    ) -> Movement:
        """Money comes in. `amount` is credited when `state` is "done"; "pending" and "failed" are only listed.

        Not `listed`: the histories leave it out until `finish` lists it, as exchanges do that are late to tell.
        """
        kind = MovementKind.DEPOSIT
        return self._move(kind, user, code, amount, at, fee, state, network, wallet, internal, listed, txid)

    def withdraw(
        self,
        user: SimulatedUser,
        code: str,
        amount: Price,
        *,
        at: datetime | None = None,
        fee: Price = "0",
        state: str = "done",
        network: str = "",
        wallet: str = "spot",
        internal: bool = False,
        listed: bool = True,
        txid: str = "",
    ) -> Movement:
        """Money goes out: `amount` arrives elsewhere, `fee` is taken on top. A failed one leaves the wallet as it is.

        Raises ValueError where the wallet has less than the two.
        """
        kind = MovementKind.WITHDRAWAL
        return self._move(kind, user, code, amount, at, fee, state, network, wallet, internal, listed, txid)

    def _move(
        self,
        kind: MovementKind,
        user: SimulatedUser,
        code: str,
        amount: Price,
        at: datetime | None,
        fee: Price,
        state: str,
        network: str,
        wallet: str,
        internal: bool,
        listed: bool,
        txid: str,
    ) -> Movement:
        with self._lock:
            asset = self._speaks.asset_id(code)
            moved, taken, became = decimal_of(amount), decimal_of(fee), MovementState(state)
            moment = self._clock() if at is None else milliseconds(at)
            if moved <= 0 or taken < 0:
                raise ValueError("an amount is positive, a fee is not negative")
            balance = None
            if kind is MovementKind.DEPOSIT and became is MovementState.DONE:
                balance = user.change(wallet, asset, moved)
            elif kind is MovementKind.WITHDRAWAL and became is not MovementState.FAILED:
                balance = user.change(wallet, asset, CONTEXT.minus(CONTEXT.add(moved, taken)))
            self._movements += 1
            seed = f"{self.dialect} {kind} {self._movements}"
            movement = Movement(
                id=f"{kind[0].upper()}{self._movements:06d}-{made_up(seed, 6).hex()[:10].upper()}",
                kind=kind,
                asset=asset,
                amount=moved,
                fee=taken,
                at=moment,
                state=became,
                network=network or code,
                address="sim1" + made_up(f"address {seed}", 18).hex(),
                txid=txid or made_up(f"txid {seed}", 32).hex(),
                settled_at=moment if became is not MovementState.PENDING else None,
                internal=internal,
                balance=balance,
                wallet=wallet,
                listed=listed,
            )
            user.movements.append(movement)
            return movement

    def finish(
        self, movement: Movement, state: str = "done", *, at: datetime | None = None, user: SimulatedUser
    ) -> Movement:
        """What comes of a pending one: it is "done" or "failed", and listed. A deposit that is done is credited now (or
        at `at`), a withdrawal that failed is given back. One that was settled before is only listed."""
        with self._lock:
            became = MovementState(state)
            movement.listed = True
            if movement.state is not MovementState.PENDING or became is MovementState.PENDING:
                return movement
            movement.state = became
            movement.settled_at = self._clock() if at is None else milliseconds(at)
            if movement.kind is MovementKind.DEPOSIT and became is MovementState.DONE:
                movement.balance = user.change(movement.wallet, movement.asset, movement.amount)
            elif movement.kind is MovementKind.WITHDRAWAL and became is MovementState.FAILED:
                gone = CONTEXT.add(movement.amount, movement.fee)
                movement.given_back = user.change(movement.wallet, movement.asset, gone)
            return movement

    def transfer(self, user: SimulatedUser, code: str, amount: Price, source: str, target: str) -> None:
        """Between two wallets of one user: no deposit, no withdrawal. Raises ValueError where there is too little."""
        with self._lock:
            asset, moved = self._speaks.asset_id(code), decimal_of(amount)
            if target.partition(" ")[0] not in self._speaks.wallets or moved <= ZERO:
                raise ValueError("a transfer moves a positive amount to a wallet there is")
            user.change(source, asset, CONTEXT.minus(moved))
            user.change(target, asset, moved)
            user.transfers.append(WalletTransfer(len(user.transfers) + 1, asset, moved, source, target, self._clock()))


def milliseconds(at: datetime) -> int:
    """Since 1970. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("times are aware")
    return (at - datetime.fromtimestamp(0, at.tzinfo)) // timedelta(milliseconds=1)
