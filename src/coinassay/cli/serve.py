"""`coinassay serve`: the server, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coinassay.errors import ConfigurationError
from coinassay.settings import Settings

if TYPE_CHECKING:
    from coinassay.domain.account import User
    from coinassay.services.bundle import Services

BACKLOG = 2048

Host = Annotated[str | None, typer.Option(help="Address to listen on; COINASSAY_HOST if not given.")]
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port; COINASSAY_PORT if not given, 0 for a free one.")
]


def serve(host: Host = None, port: Port = None) -> None:
    """Run the server until Ctrl-C or SIGTERM. Makes the installation in COINASSAY_HOME where there is none yet."""
    from coinassay import logs
    from coinassay.bootstrap import open_services
    from coinassay.cli.init import ensure_owner
    from coinassay.worker.background import in_background

    settings = Settings.from_env()
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    logs.configure(settings.log_level, settings.log_format)
    listener = listen(settings.host, settings.port)

    async def run() -> None:
        async with open_services(settings, create=True) as services:
            await tell_code(services, await ensure_owner(services), settings, listener)
            if settings.works:
                async with in_background(services, settings) as stop_soon:
                    await answer(services, settings, listener, on_stop=stop_soon)
            else:
                await answer(services, settings, listener)

    with listener:
        run_until_stopped(run())


async def tell_code(services: Services, owner: User, settings: Settings, listener: socket.socket) -> None:
    """As long as the owner cannot sign in to the pages, says how the owner can: on stdout, because the log is kept."""
    if await services.sign_in.has_password(owner.id):
        return
    code = await services.sign_in.issue_code(owner.id)
    print(
        f"No password is set yet. To set yours, open {settings.public_url or url_of(listener)}/welcome and enter this "
        f"one-time code:\n\n    {code}\n\nIt is good for an hour; `coinassay users code` makes another one.",
        flush=True,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that queues connections from now on. Raises ConfigurationError where that address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as e:
        raise _wrong_host(f"{host!r} is neither an address nor a name that is known here.") from e
    try:
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as e:
        raise refused(host, port, e) from e


def refused(host: str, port: int, error: OSError) -> ConfigurationError:
    """Why one cannot listen there."""
    if error.errno == errno.EADDRNOTAVAIL:
        return _wrong_host(f"{host} is no address of this machine.")
    hint = "another program may have the port: choose one with --port or COINASSAY_PORT"
    if error.errno == errno.EACCES:
        hint = "ports below 1024 are not for everybody: choose another one with --port or COINASSAY_PORT"
    said = (error.strerror or "").partition(" (")[0]
    return ConfigurationError(f"Cannot listen on {host}, port {port}: {said}.", hint=hint)


def _wrong_host(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"Cannot listen: {what} COINASSAY_HOST, or --host, is wrong.",
        hint="127.0.0.1 for this machine alone, 0.0.0.0 for every address it has, or one of its addresses",
    )


def url_of(listener: socket.socket) -> str:
    """Where the server is reached on this machine."""
    host, port = listener.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:  # it listens on every address, but none of them is that
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


def run_until_stopped(main: Coroutine[Any, Any, None]) -> None:
    """Runs `main`, on uvloop where there is one (not on Windows). SIGINT and SIGTERM cancel it.

    Cancelled and not killed, it closes what is open.
    """

    async def run() -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        _on_signal(lambda *_: loop.call_soon_threadsafe(task.cancel))
        with contextlib.suppress(asyncio.CancelledError):
            await main

    if sys.platform == "win32":
        asyncio.run(run())
    else:
        import uvloop

        uvloop.run(run())


def _on_signal(handle: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


async def answer(
    services: Services,
    settings: Settings,
    listener: socket.socket,
    demo_user: int | None = None,
    on_stop: Callable[[], None] | None = None,
) -> None:
    """Serves the API and the pages until SIGINT or SIGTERM, then lets running requests come to their end.

    `demo_user`: whom everybody may sign in as. `on_stop` is called when it begins to end.
    """
    import uvicorn

    # A page or a chart is thousands of objects, none of which is garbage yet when Python's first look for cycles comes
    # after 700 of them; and it need not look at what the program itself is made of.
    gc.freeze()
    gc.set_threshold(10_000)

    from coinassay import logs
    from coinassay.api.app import create_app
    from coinassay.api.limits import RateLimit
    from coinassay.api.options import ApiOptions
    from coinassay.api.protocol import Protocol
    from coinassay.cli.application import Application, Both
    from coinassay.cli.server import Server

    limit = (
        None if settings.rate_limit is None else RateLimit(settings.rate_limit.requests, settings.rate_limit.seconds)
    )
    options = ApiOptions(
        public_url=settings.public_url or url_of(listener),
        rate_limit=limit,
        failure_limit=limit,
        trusted_proxies=settings.trusted_proxies,
        log=logs.LineLog("request"),
        log_crash=logs.LineLog("crash", logging.ERROR),
    )

    def make_web() -> Application:
        from coinassay.web.app import create_web
        from coinassay.web.options import WebOptions

        web_options = WebOptions(
            public_url=options.public_url,
            trusted_proxies=settings.trusted_proxies,
            demo_user=demo_user,
            cache=settings.home / "cache" if settings.home.is_dir() else None,
            log=logs.LineLog("page"),
            log_crash=logs.LineLog("crash", logging.ERROR),
        )
        return create_web(services, web_options)

    def ending() -> None:
        services.events.end()
        if on_stop is not None:
            on_stop()

    server = Server(
        uvicorn.Config(
            Both(create_app(services, options), make_web),
            http=Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,  # it prints query strings, and clients put secrets into them
            server_header=False,
            proxy_headers=False,  # which forwarded address to believe is the API's decision
            backlog=BACKLOG,
            timeout_graceful_shutdown=round(settings.load_timeout) + 5,
        ),
        ending,
    )

    # From here on a signal ends the server, and running requests come to their end. When it has ended, uvicorn sends
    # the process that signal once more, for whoever handled it before: nothing may be cancelled then.
    def stop(*_: object) -> None:
        server.should_exit = True

    _on_signal(stop)
    logs.get_logger().info("serving", url=url_of(listener), home=str(settings.home))
    await server.serve(sockets=[listener])
    _on_signal(signal.SIG_DFL)  # who sends a second one while everything is being closed means it
