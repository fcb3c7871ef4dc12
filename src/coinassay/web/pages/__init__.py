"""The pages: a module each, whose `routes()` says what it answers. They are looked through in this order."""

from __future__ import annotations

from starlette.routing import Route

from coinassay.web.pages.account import routes as account
from coinassay.web.pages.account_settings import routes as account_settings
from coinassay.web.pages.connect import routes as connect
from coinassay.web.pages.explainer import routes as explainer
from coinassay.web.pages.exports import routes as exports
from coinassay.web.pages.first_run import routes as first_run
from coinassay.web.pages.flows import routes as flows
from coinassay.web.pages.history import routes as history
from coinassay.web.pages.keys import routes as keys
from coinassay.web.pages.ledger import routes as ledger
from coinassay.web.pages.loads import routes as loads
from coinassay.web.pages.look import routes as look
from coinassay.web.pages.overview import routes as overview
from coinassay.web.pages.passkeys import routes as passkeys
from coinassay.web.pages.past import routes as past
from coinassay.web.pages.refresh import routes as refresh
from coinassay.web.pages.sessions import routes as sessions
from coinassay.web.pages.settings import routes as settings
from coinassay.web.pages.sign_in import routes as sign_in


def all_routes() -> list[Route]:
    return [
        *sign_in(),
        *first_run(),
        *sessions(),
        *passkeys(),
        *look(),
        *overview(),
        *account(),
        *history(),
        *refresh(),
        *loads(),
        *flows(),
        *account_settings(),
        *ledger(),
        *past(),
        *connect(),
        *explainer(),
        *exports(),
        *keys(),
        *settings(),
    ]
