"""Real clients as they come from PyPI and npm, each asked for endpoints by its own methods.

What is changed is the address of the server, in the way each of them allows. docs/reference/clients.md shows these
tables, and a test keeps it so.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import py3cw.request
from py3cw.request import Py3CW
from tests.acceptance.installation import Key
from tests.acceptance.npm import NodeClient

with warnings.catch_warnings():  # three-commas defines a class inside an enum, which Python 3.13 reads differently
    warnings.simplefilter("ignore", DeprecationWarning)
    from three_commas import api
    from three_commas.error import ThreeCommasApiError

GENERAL = {"makeRequest", "customRequest"}
"""Methods that take any address: with them a client reaches what it has no method for."""

Params = Mapping[str, Any]

ACCOUNTS = "/ver1/accounts"
ONE = f"{ACCOUNTS}/{{account_id}}"
USERS = "/ver1/users"


@dataclass(frozen=True)
class Answer:
    """What the client gave its caller: data, or the text of an error."""

    data: Any
    error: str = ""
    api_error: ThreeCommasApiError | None = None


class RealClient:
    """One client with one key."""

    title: ClassVar[str]
    """With its version."""
    calls: ClassVar[Mapping[str, str]]
    """Route to the client's own method."""

    def __init__(self, url: str, key: Key) -> None:
        self.url = url
        self.key = key
        self.made: set[str] = set()

    def own_methods(self) -> set[str]:
        """Every method the client has for accounts, markets and users, by what it says itself."""
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[None]:
        yield

    def has(self, route: str) -> bool:
        return route in self.calls

    def ask(
        self, route: str, account_id: int | str | None = None, params: Params | None = None, mode: str = "real"
    ) -> Answer:
        self.made.add(route)
        return self._ask(route, account_id, params or {}, mode)

    def get(
        self, route: str, account_id: int | str | None = None, params: Params | None = None, mode: str = "real"
    ) -> Any:
        """The data of an answer that has to be a good one."""
        answer = self.ask(route, account_id, params, mode)
        assert not answer.error, (route, answer.error)
        return answer.data

    def _ask(self, route: str, account_id: int | str | None, params: Params, mode: str) -> Answer:
        raise NotImplementedError


class PyPiPy3cw(RealClient):
    title = "py3cw 0.1.1"
    calls: ClassVar[Mapping[str, str]] = {
        f"GET {ACCOUNTS}": "accounts ''",
        f"GET {ONE}": "accounts account_info",
        f"POST {ACCOUNTS}/new": "accounts new",
        f"POST {ACCOUNTS}/update": "accounts update",
        f"POST {ONE}/rename": "accounts rename",
        f"POST {ONE}/load_balances": "accounts load_balances",
        f"POST {ONE}/remove": "accounts remove",
        f"POST {ONE}/pie_chart_data": "accounts pie_chart_data",
        f"POST {ONE}/account_table_data": "accounts account_table_data",
        f"GET {ONE}/balance_chart_data": "accounts balance_chart_data",
        f"GET {ONE}/active_trading_entities": "accounts active_trading_entities",
        f"GET {ONE}/networks_info": "accounts networks_info",
        f"POST {ONE}/sell_all_to_usd": "accounts sell_all_to_usd",
        f"POST {ONE}/sell_all_to_btc": "accounts sell_all_to_btc",
        f"POST {ONE}/convert_dust_to_bnb": "accounts convert_dust_to_bnb",
        f"POST {ACCOUNTS}/transfer": "accounts transfer",
        f"GET {ACCOUNTS}/transfer_history": "accounts transfer_history",
        f"GET {ACCOUNTS}/transfer_data": "accounts transfer_data",
        f"GET {ACCOUNTS}/market_list": "accounts market_list",
        f"GET {ACCOUNTS}/market_pairs": "accounts market_pairs",
        f"GET {ACCOUNTS}/currency_rates": "accounts currency_rates",
        f"GET {USERS}/current_mode": "users current_mode",
        f"POST {USERS}/change_mode": "users change_mode",
        f"GET {USERS}/permissions_info": "users permissions_info",
        f"PUT {USERS}/locale": "users locale",
    }

    def own_methods(self) -> set[str]:
        methods = py3cw.config.API_METHODS
        return {f"{entity} {action or repr('')}" for entity in ("accounts", "users") for action in methods[entity]}

    @contextmanager
    def running(self) -> Iterator[None]:
        before, py3cw.request.API_URL = py3cw.request.API_URL, self.url
        yield
        py3cw.request.API_URL = before

    def _ask(self, route: str, account_id: int | str | None, params: Params, mode: str) -> Answer:
        client = Py3CW(
            key=self.key.api_key,
            secret=self.key.secret,
            request_options={"request_timeout": 30, "nr_of_retries": 0},
        )
        entity, action = self.calls[route].split()
        error, data = client.request(
            entity=entity,
            action=action.strip("'"),
            action_id=None if account_id is None else str(account_id),
            payload=dict(params) or None,
            additional_headers={"Forced-Mode": mode},
        )
        return Answer(data, error["msg"] if error else "")


class PyPiThreeCommas(PyPiPy3cw):
    title = "three-commas 0.2.9"
    calls: ClassVar[Mapping[str, str]] = {
        f"GET {ACCOUNTS}": "accounts.get",
        f"GET {ONE}": "accounts.get_by_id",
        f"POST {ACCOUNTS}/new": "accounts.post_new",
        f"POST {ACCOUNTS}/update": "accounts.post_update",
        f"POST {ONE}/rename": "accounts.post_rename_by_id",
        f"POST {ONE}/load_balances": "accounts.post_load_balances_by_id",
        f"POST {ONE}/remove": "accounts.post_remove_by_id",
        f"POST {ONE}/pie_chart_data": "accounts.post_pie_chart_data_by_id",
        f"POST {ONE}/account_table_data": "accounts.post_account_table_data_by_id",
        f"GET {ONE}/balance_chart_data": "accounts.get_balance_chart_data_by_id",
        f"GET {ONE}/active_trading_entities": "accounts.get_active_trading_entities_by_id",
        f"GET {ONE}/networks_info": "accounts.get_networks_info_by_id",
        f"POST {ONE}/sell_all_to_usd": "accounts.post_sell_all_to_usd_by_id",
        f"POST {ONE}/sell_all_to_btc": "accounts.post_sell_all_to_btc_by_id",
        f"POST {ONE}/convert_dust_to_bnb": "accounts.post_convert_dust_to_bnb_by_id",
        f"POST {ACCOUNTS}/transfer": "accounts.post_transfer",
        f"GET {ACCOUNTS}/transfer_history": "accounts.get_transfer_history",
        f"GET {ACCOUNTS}/transfer_data": "accounts.get_transfer_data",
        f"GET {ACCOUNTS}/market_list": "accounts.get_market_list",
        f"GET {ACCOUNTS}/market_pairs": "accounts.get_market_pairs",
        f"GET {ACCOUNTS}/currency_rates": "accounts.get_currency_rates",
        f"GET {USERS}/current_mode": "users.get_current_mode",
        f"POST {USERS}/change_mode": "users.post_change_mode",
    }

    def own_methods(self) -> set[str]:
        """What its modules define, one function for each endpoint; others of its functions are text in strings."""
        ver1 = api.ver1
        return {
            f"{name}.{method}"
            for name, module in (("accounts", ver1.accounts), ("users", ver1.users))
            for method in vars(module)
            if method.partition("_")[0] in ("get", "post", "put")
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        names = {"THREE_COMMAS_API_KEY": self.key.api_key, "THREE_COMMAS_API_SECRET": self.key.secret}
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(names)
        with super().running():
            yield
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

    def _ask(self, route: str, account_id: int | str | None, params: Params, mode: str) -> Answer:
        module, _, method = self.calls[route].partition(".")
        call = getattr(getattr(api.ver1, module), method)
        ids = () if account_id is None else (account_id,)
        error, data = call(*ids, payload=dict(params) or None, forced_mode=mode)
        return Answer(data, str(error.get_msg()) if error else "", error)


class _FromNpm(RealClient):
    name: ClassVar[str]
    elsewhere: ClassVar[tuple[str, ...]]
    """Words in the names of methods that are for bots, deals and trades, or no request at all."""

    @contextmanager
    def running(self) -> Iterator[None]:
        with NodeClient(self.name, self.url, self.key) as self._node:
            yield

    def own_methods(self) -> set[str]:
        return {
            method
            for method in self._node.methods()
            if method != "constructor" and not any(word in method.lower() for word in self.elsewhere)
        }

    def _call(self, method: str, args: tuple[Any, ...], mode: str) -> Answer:
        said = self._node.call(method, *args, mode=mode)
        refused = said.get("rejected")
        data = said.get("returned")
        if refused is None and isinstance(data, dict) and "error" in data:
            refused = data  # what 3commas-api-node makes of a refusal
        if refused is None:
            assert data is not False, "the client could not read the answer"
            return Answer(data)
        texts = [str(refused[name]) for name in ("error", "error_description", "error_attributes") if name in refused]
        assert texts, refused
        return Answer(None, " ".join(texts))


class NpmApiNode(_FromNpm):
    title = "3commas-api-node 1.2.0"
    name = "3commas-api-node"
    elsewhere = ("deal", "bot", "smarttrade", "generatesignature")
    calls: ClassVar[Mapping[str, str]] = {
        f"GET {ACCOUNTS}": "accounts",
        f"POST {ACCOUNTS}/new": "accountsNew",
        f"POST {ONE}/rename": "accountRename",
        f"POST {ONE}/load_balances": "accountLoadBalances",
        f"POST {ONE}/remove": "accountRemove",
        f"POST {ONE}/pie_chart_data": "accountPieChartData",
        f"POST {ONE}/account_table_data": "accountTableData",
        f"POST {ONE}/sell_all_to_usd": "accountSellAllToUsd",
        f"POST {ONE}/sell_all_to_btc": "accountSellAllToBtc",
        f"GET {ACCOUNTS}/market_list": "accountsMarketList",
        f"GET {ACCOUNTS}/currency_rates": "accountsCurrencyRates",
        f"GET {ONE}": "makeRequest",
        f"POST {ACCOUNTS}/update": "makeRequest",
        f"GET {ONE}/balance_chart_data": "makeRequest",
        f"POST {ACCOUNTS}/transfer": "makeRequest",
        f"GET {ACCOUNTS}/types_to_connect": "makeRequest",
        f"GET {USERS}/permissions_info": "makeRequest",
        f"PUT {USERS}/locale": "makeRequest",
        "GET /ver1/ping": "makeRequest",
        "GET /ver1/validate": "makeRequest",
    }

    def _ask(self, route: str, account_id: int | str | None, params: Params, mode: str) -> Answer:
        method = self.calls[route]
        args: tuple[Any, ...]
        if method == "makeRequest":
            verb, _, path = route.partition(" ")
            args = (verb, f"/public/api{path.replace('{account_id}', str(account_id))}?", dict(params) or None)
        elif method == "accountRename":
            args = ({"account_id": account_id, **params},)
        elif account_id is not None:
            args = (account_id,)
        elif method == "accountsNew":
            args = (dict(params),)
        else:
            args = ()
        return self._call(method, args, mode)


class NpmTypescript(_FromNpm):
    title = "3commas-typescript 1.3.6"
    name = "3commas-typescript"
    elsewhere = ("deal", "bot", "smarttrade", "subtrade", "order", "fund", "subscribe", "buildidentifier", "request")
    calls: ClassVar[Mapping[str, str]] = {
        f"GET {ACCOUNTS}": "getExchange",
        f"GET {ONE}": "getAccountInfo",
        f"POST {ACCOUNTS}/new": "addExchangeAccount",
        f"POST {ACCOUNTS}/update": "editExchangeAccount",
        f"POST {ONE}/rename": "renameExchangeAccount",
        f"POST {ONE}/load_balances": "loadBalances",
        f"POST {ONE}/remove": "removeExchangeAccount",
        f"POST {ONE}/pie_chart_data": "getPieChartData",
        f"POST {ONE}/account_table_data": "getAccountTableData",
        f"GET {ONE}/balance_chart_data": "getBalanceChartData",
        f"GET {ONE}/active_trading_entities": "getActiveTradeEntities",
        f"GET {ONE}/leverage_data": "getLeverageData",
        f"POST {ONE}/sell_all_to_usd": "sellAllToUSD",
        f"POST {ONE}/sell_all_to_btc": "sellAllToBTC",
        f"POST {ACCOUNTS}/transfer": "transfer",
        f"GET {ACCOUNTS}/transfer_history": "getTransferHistory",
        f"GET {ACCOUNTS}/transfer_data": "getTransferData",
        f"GET {ACCOUNTS}/market_list": "getMarketList",
        f"GET {ACCOUNTS}/market_pairs": "getMarketPairs",
        f"GET {ACCOUNTS}/currency_rates": "getCurrencyRate",
        f"GET {ACCOUNTS}/currency_rates_with_leverage_data": "getCurrencyRateWithLeverageData",
        f"POST {USERS}/change_mode": "changeUserMode",
        "GET /ver1/ping": "ping",
        "GET /ver1/time": "time",
        "GET /ver1/validate": "customRequest",
        f"GET {USERS}/current_mode": "customRequest",
        f"GET {USERS}/permissions_info": "customRequest",
        f"PUT {USERS}/locale": "customRequest",
        f"GET {ONE}/volume/total": "customRequest",
        f"POST {ONE}/convert_dust_to_bnb": "customRequest",
    }

    def _ask(self, route: str, account_id: int | str | None, params: Params, mode: str) -> Answer:
        method = self.calls[route]
        given = dict(params)
        ids: tuple[Any, ...] = () if account_id is None else (account_id,)
        args: tuple[Any, ...] = (*ids, *((given,) if given else ()))
        if method == "customRequest":
            verb, _, path = route.partition(" ")
            path = path.removeprefix("/ver1").replace("{account_id}", str(account_id))
            args = (verb, 1, path, *((given,) if given else ()))
        elif method in ("renameExchangeAccount", "getLeverageData", "changeUserMode"):
            args = (*ids, *given.values())
        elif method == "getAccountInfo" and account_id == "summary":
            args = ()  # what it asks for when it is not told an account
        return self._call(method, args, mode)


CLIENTS: tuple[type[RealClient], ...] = (PyPiPy3cw, PyPiThreeCommas, NpmApiNode, NpmTypescript)
