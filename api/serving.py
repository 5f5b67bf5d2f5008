"""A server in front of the application: in the foreground, or beside a running program."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from api.app import create_app
from gridmap.errors import InvalidOption, MissingExtra

if TYPE_CHECKING:
    import uvicorn

    from gridmap.locating import Release

START_TIMEOUT_S = 30.0
MAX_CONNECTIONS = 1_000
"""Connections at once; more are answered with 503. gridmap's own default."""


class _WithoutMessages(logging.Filter):
    """Keep the kind and place of an exception and drop its message: it may repeat a question."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            kind, _, trace = record.exc_info
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = "" if trace is None else f" at {trace.tb_frame.f_code.co_name}"
            record.msg = f"request failed: {'' if kind is None else kind.__name__}{place}"
            record.args, record.exc_info, record.exc_text = (), None, None
        return True


def serve_release(release: Release, *, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve a release until Ctrl-C.

    Parameters
    ----------
    release
        As returned by `gridmap.open_release`.
    host
        Address to listen on; the default answers this machine only.
    port
        0-65535; 0 picks a free one.

    Raises
    ------
    InvalidOption
        When the address can't be listened on.
    MissingExtra
        When uvicorn is not installed.
    """
    listener = _listen(host, port)
    url = _url_of(listener)
    sys.stderr.write(f"网格查询服务 Serving: {url} （说明 docs {url}/docs，地图 map {url}/map）\n")
    sys.stderr.flush()
    with listener:
        _make_server(release).run(sockets=[listener])


class BackgroundServer:
    """A service in a thread of this program, for a demonstration or a test.

    Parameters
    ----------
    release
        As returned by `gridmap.open_release`.
    host, port
        As for `serve_release`; port 0 picks a free one.

    Examples
    --------
    >>> from gridmap import open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> server = BackgroundServer(open_release(draw_plan()))
    >>> url = server.start()
    >>> url.startswith("http://127.0.0.1:")
    True
    >>> server.stop()
    """

    def __init__(self, release: Release, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._release = release
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Start and return the URL, without a slash at its end.

        Raises
        ------
        InvalidOption
            When the address can't be listened on, or the server does not start.
        """
        listener = _listen(*self._address)
        server = _make_server(self._release)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="gridmap-serve"
        )
        self._listener, self._server, self._thread = listener, server, thread
        thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise InvalidOption("The service did not start.", "服务未能启动。")
            time.sleep(0.01)
        return _url_of(listener)

    def wait(self) -> None:
        """Wait until the service ends, in pieces, so that Ctrl-C is heard."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(0.5)

    def stop(self) -> None:
        """Stop the service and close its socket; twice does no harm."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(START_TIMEOUT_S)
        if self._listener is not None:
            self._listener.close()
        self._listener = self._server = self._thread = None


def _make_server(release: Release) -> uvicorn.Server:
    try:
        import uvicorn
    except ImportError as problem:
        raise MissingExtra(
            "The service needs uvicorn, which is not installed.",
            "服务需要 uvicorn，尚未安装。",
            cure_en='pip install "gridmap-planner[serve]"',
            cure_zh='pip install "gridmap-planner[serve]"',
        ) from problem
    config = uvicorn.Config(
        create_app(release),
        access_log=False,  # a query may hold an address
        log_level="warning",
        limit_concurrency=MAX_CONNECTIONS,
        server_header=False,
        timeout_keep_alive=30,
        lifespan="off",
        ws="none",
    )
    logging.getLogger("uvicorn.error").addFilter(_WithoutMessages())
    return uvicorn.Server(config)


def _listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else is done, so that a taken port is said at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
    except (OSError, OverflowError, UnicodeError) as problem:
        raise InvalidOption(
            f"The service can't listen on {host} port {port}: {problem}.",
            f"服务无法监听 {host} 端口 {port}：{problem}。",
            cure_en="--port 0 picks a free port",
            cure_zh="--port 0 可自动选择空闲端口",
        ) from problem
    return listener


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - shown, not bound
    if ":" in shown and not shown.startswith("["):
        shown = f"[{shown}]"
    return f"http://{shown}:{port}"
