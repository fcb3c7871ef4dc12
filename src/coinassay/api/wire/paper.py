"""What comes of operations on paper accounts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from coinassay.api.wire import numbers
from coinassay.api.wire.account import timestamp
from coinassay.domain.trade import Transfer
from coinassay.services.paper import DustConversion
from coinassay.services.ports import PaperAccount


class DustRow(msgspec.Struct, frozen=True, rename="camel"):
    """One converted balance. All amounts but `amount` in BNB."""

    tran_id: int
    from_asset: str
    amount: str
    """Of `fromAsset`."""
    transfered_amount: str
    """What arrived, after the charge."""
    service_charge_amount: str
    operate_time: int
    """Milliseconds since 1970."""


class DustEntity(msgspec.Struct, frozen=True, rename="camel"):
    """The answer of convert_dust_to_bnb, spelled as documented."""

    total_transfered: str
    total_service_charge: str
    transfer_result: tuple[DustRow, ...]


def to_dust(conversion: DustConversion) -> DustEntity:
    operated = int(conversion.at.timestamp()) * 1000 + conversion.at.microsecond // 1000
    return DustEntity(
        total_transfered=numbers.text(conversion.received),
        total_service_charge=numbers.text(conversion.fee),
        transfer_result=tuple(
            DustRow(
                tran_id=operated * 1000 + place,
                from_asset=trade.sold,
                amount=numbers.text(trade.amount),
                transfered_amount=numbers.text(trade.received),
                service_charge_amount=numbers.text(trade.fee),
                operate_time=operated,
            )
            for place, trade in enumerate(conversion.trades)
        ),
    )


class TransferEntity(msgspec.Struct, frozen=True):
    """What went from one account to another: the answer of transfer, and a row of transfer_history."""

    id: int
    currency: str
    amount: str
    from_account_id: int
    to_account_id: int
    created_at: str


def to_transfer(transfer: Transfer) -> TransferEntity:
    own, other = transfer.account_id, transfer.counterpart
    source, target = (own, other) if transfer.amount.is_signed() else (other, own)
    return TransferEntity(
        id=transfer.id,
        currency=transfer.asset,
        amount=numbers.text(transfer.amount.copy_abs()),
        from_account_id=source,
        to_account_id=target,
        created_at=timestamp(transfer.at),
    )


class TransferBalance(msgspec.Struct, frozen=True):
    currency: str
    amount: str


class TransferAccount(msgspec.Struct, frozen=True):
    name: str
    id: int
    code: str
    balances: tuple[TransferBalance, ...]


class TransferData(msgspec.Struct, frozen=True):
    """What can be transferred, and between which accounts."""

    available_currencies: tuple[str, ...]
    accounts: tuple[TransferAccount, ...]


def to_transfer_data(accounts: Sequence[PaperAccount]) -> TransferData:
    held = {code for account in accounts for code, amount in account.balances.items() if amount}
    return TransferData(
        available_currencies=tuple(sorted(held)),
        accounts=tuple(
            TransferAccount(
                name=account.name,
                id=account.id,
                code=account.market_code,
                balances=tuple(
                    TransferBalance(code, numbers.text(amount)) for code, amount in account.balances.items() if amount
                ),
            )
            for account in accounts
        ),
    )
