"""From when on a deposit or withdrawal counts: from the first snapshot that contains it, which the amounts tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.movement import Movement, MovementState, Sight, Waiting
from coinassay.domain.snapshot import FlowKind

TOLERANCE = Decimal("0.01")
"""Of a movement's amount: by so much a balance may have changed otherwise (fees, interest) and still show it."""
PATIENCE = timedelta(hours=24)
"""After so long a movement that no balance shows counts nevertheless: it went to a wallet that cannot be seen."""
FORGOTTEN = timedelta(days=90)
"""After so long a movement that is still under way is no longer asked for."""

RESOLUTION = timedelta(seconds=2)
"""Some exchanges say only the second, and clocks differ: what happened so shortly before the first load may have been
after it."""
RETOLD = timedelta(hours=72)
"""For so long an exchange may tell it again, because readings overlap."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A movement that counts."""

    movement: Movement
    at: datetime
    """From when on."""
    amount: Decimal
    """Signed."""


def land(
    movements: Iterable[Movement],
    waiting: Mapping[str, Waiting],
    since: datetime,
    before: Sight | None,
    now: Sight,
    earlier: Sequence[Sight] = (),
) -> tuple[list[Landed], list[Waiting]]:
    """Which of the movements count from when on, and which have to wait. Those that are flows already are not given,
    but for those among `waiting` (by reference) that were counted while they were under way.

    `before` is the last good load (None: there is none, and what is there now is the opening), `now` the present one,
    `earlier` the loads up to `before`, oldest first: for movements that are told later than a balance showed them.
    """
    told = list(movements)
    settled: dict[str, Decimal] = {}
    all_of_it: dict[str, Decimal] = {}
    for each in told:
        known = waiting.get(each.reference)
        if each.state is MovementState.FAILED or (known is not None and known.counted):
            continue
        all_of_it[each.asset] = CONTEXT.add(all_of_it.get(each.asset, ZERO), each.signed)
        if each.state is MovementState.DONE:
            settled[each.asset] = CONTEXT.add(settled.get(each.asset, ZERO), each.signed)
    scene = _Scene(since, before, now, earlier, settled, all_of_it)
    landed: list[Landed] = []
    left: list[Waiting] = []
    for movement in told:
        known = waiting.get(movement.reference)
        if movement.state is MovementState.FAILED:
            if known is not None and known.counted:
                landed.append(_taken_back(known.movement, now))
            continue
        if known is not None and known.counted:
            if movement.state is MovementState.PENDING or now.read_at - movement.at < RETOLD:
                left.append(Waiting(movement, counted=True))
            continue
        found = scene.place(movement, known)
        if found is None:
            continue
        if isinstance(found, Waiting):
            left.append(found)
            continue
        landed.append(found)
        if movement.state is MovementState.PENDING:
            left.append(Waiting(movement, counted=True))
    return landed, left


def _taken_back(movement: Movement, now: Sight) -> Landed:
    """The opposite of what was counted, from now on."""
    return Landed(movement, now.taken_at, CONTEXT.minus(movement.signed))


@dataclass(frozen=True, slots=True)
class _Scene:
    since: datetime
    before: Sight | None
    now: Sight
    earlier: Sequence[Sight]
    settled: Mapping[str, Decimal]
    """What all finished movements of an asset make together."""
    all_of_it: Mapping[str, Decimal]
    """The same with those that are under way."""

    def place(self, movement: Movement, known: Waiting | None) -> Landed | Waiting | None:
        """None: it is part of the opening, or was given up."""
        if self.now.taken_at - movement.at > FORGOTTEN and movement.state is MovementState.PENDING:
            return None
        if self.before is None:
            if movement.state is MovementState.PENDING or movement.at > self.now.read_at:
                return Waiting(movement)
            # Part of the opening; those of its last moments are remembered, later ones of that time were not in it.
            return Waiting(movement, counted=True) if movement.at > self.since - RESOLUTION else None
        if known is None and movement.at <= self.since - RESOLUTION and movement.state is MovementState.DONE:
            return None
        change = self.now.change_since(self.before, movement.asset)
        amount = _shown_by(change, movement)
        if amount is None and change and change == self.all_of_it.get(movement.asset, ZERO):
            amount = movement.signed
        if movement.state is MovementState.PENDING:
            return self._between(movement, amount) if amount is not None else Waiting(movement)
        if amount is None and _is_near(change, movement.signed):
            amount = movement.signed
        if amount is None and self._all_together(movement, change):
            amount = movement.signed
        if amount is not None:
            return self._between(movement, amount)
        return self._unseen(movement, known)

    def _unseen(self, movement: Movement, known: Waiting | None) -> Landed | Waiting | None:
        """The present change of the balance does not show it by itself: there was other business, or it is not there
        yet, or it was there before."""
        before, now = self.before, self.now
        assert before is not None
        if movement.at > now.read_at:
            return Waiting(movement)
        if not now.change_since(before, movement.asset) and ZERO < movement.signed <= now.revealed.get(
            movement.asset, ZERO
        ):
            return Waiting(movement, counted=True)  # it is in a wallet whose opening counts as deposited
        was_under_way = known is not None and known.movement.state is MovementState.PENDING
        if movement.at > before.read_at or (known is not None and not was_under_way):
            # A load whose history could not be read may have shown it already.
            found = self._among_earlier(movement) if movement.at <= before.read_at else None
            if found is not None:
                return found
            if now.same_amounts(before) and now.taken_at - movement.at < PATIENCE:
                return Waiting(movement)
            return self._between(movement, movement.signed)
        found = self._among_earlier(movement)
        if found is not None:
            return found
        if movement.at > before.read_at - RESOLUTION and not now.same_amounts(before):
            return self._between(movement, movement.signed)
        if was_under_way and movement.kind is FlowKind.DEPOSIT:
            return self._between(movement, movement.signed)
        if movement.at <= self.since:
            return None  # it had left before the first load
        return Landed(movement, movement.at, movement.signed)

    def _between(self, movement: Movement, amount: Decimal) -> Landed:
        """Counts between the last load and this one: at its own time if that is there."""
        before, now = self.before, self.now
        assert before is not None
        inside = max(before.read_at, before.taken_at) < movement.at <= now.taken_at
        return Landed(movement, movement.at if inside else now.taken_at, amount)

    def _among_earlier(self, movement: Movement) -> Landed | None:
        """Where the amounts of two loads, one after the other, show it."""
        for start, end in zip(self.earlier, self.earlier[1:], strict=False):
            change = end.change_since(start, movement.asset)
            if start.taken_at < self.since or end.taken_at < movement.at - PATIENCE:
                continue
            amount = _shown_by(change, movement)
            if amount is None and _is_near(change, movement.signed):
                amount = movement.signed
            if amount is not None:
                inside = start.taken_at < movement.at <= end.taken_at
                return Landed(movement, movement.at if inside else end.taken_at, amount)
        return None

    def _all_together(self, movement: Movement, change: Decimal) -> bool:
        return _is_near(change, self.settled.get(movement.asset, ZERO))


def _shown_by(change: Decimal, movement: Movement) -> Decimal | None:
    """The movement's amount where the balance has changed by exactly that. Exchanges differ in whether the amount of a
    withdrawal has the fee in it, and whether that of a deposit is before its fee: the balance says."""
    candidates = [movement.signed]
    if movement.fee:
        less = (
            movement.amount if movement.kind is FlowKind.WITHDRAWAL else CONTEXT.subtract(movement.amount, movement.fee)
        )
        candidates.append(CONTEXT.minus(less) if movement.kind is FlowKind.WITHDRAWAL else less)
    return next((each for each in candidates if each == change), None)


def _is_near(change: Decimal, amount: Decimal) -> bool:
    if not amount or not change or (change < ZERO) is not (amount < ZERO):
        return False
    off = CONTEXT.subtract(change, amount).copy_abs()
    return off <= CONTEXT.multiply(amount.copy_abs(), TOLERANCE)
