"""The live side of a web process: sockets that relay frames, and the snapshots and geometry they start from."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

import gevent
import msgspec
import redis
import structlog
from flask import Blueprint, Flask, Response, g, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO

from dashboard.access import Access
from dashboard.accounts.positions import Positions
from dashboard.blocking import run_blocking
from dashboard.grid import grid_slice
from dashboard.presence import Presence, keep_telling
from dashboard.relay import Relay, Snapshots, tail
from dashboard.roles import Permission, Principal
from dashboard.settings import Settings
from dashboard.sockets import Sockets, look_after
from dashboard.topics import BadTopic, served_topics
from streams.codec import encode
from streams.keys import Keys

log = structlog.get_logger("live")

GZIP_FROM = 1024
# A page that is blocked for a while is no dead page: it costs nothing while it sleeps, and wakes with one frame.
PING_EVERY_S, PING_ANSWER_S = 20, 60
CLIENT_MESSAGE_BYTES = 16_384  # pages only name their topics and what they look at


@dataclass(frozen=True)
class LiveContext:
    """What the live side is given by the running program."""

    settings: Settings
    client: redis.Redis
    keys: Keys
    access: Access


def start_live(app: Flask, context: LiveContext) -> tuple[SocketIO, Relay]:
    """Attach the socket server, the relay and the blueprint to a web app, and begin to tail frames."""
    socketio = SocketIO(
        app,
        async_mode="gevent",
        transports=["websocket"],
        max_http_buffer_size=CLIENT_MESSAGE_BYTES,
        ping_interval=PING_EVERY_S,
        ping_timeout=PING_ANSWER_S,
        cors_allowed_origins=None,  # same origin only
        manage_session=False,
    )
    relay = Relay(send=_sender(socketio), is_idle=_idle_check(socketio), ring_s=context.settings.frame_ring_s)
    sessions = context.access.person_sessions
    sockets = Sockets(context.access, _cutter(socketio))
    presence = Presence(
        context.client, context.keys, Positions(sessions), sessions.audit.now, _teller(socketio, "presence")
    )
    _register_socket(socketio, relay, sockets, presence, context)
    app.register_blueprint(_blueprint(context, relay, presence))
    gevent.spawn(tail, context.client, context.keys, relay, gevent.sleep)
    gevent.spawn(look_after, sockets, sessions.sweep, gevent.sleep)
    gevent.spawn(keep_telling, presence, gevent.sleep)
    return socketio, relay


def _sender(socketio: SocketIO) -> Any:
    def send(sid: str, payload: bytes) -> None:
        socketio.emit("frame", payload, to=sid)

    return send


def _teller(socketio: SocketIO, event: str) -> Any:
    def tell(sid: str, value: Any) -> None:
        socketio.emit(event, msgspec.to_builtins(value), to=sid)

    return tell


def _cutter(socketio: SocketIO) -> Any:
    def cut(sid: str) -> None:
        """Close the connection itself: what is only told to go may stay."""
        server = socketio.server
        eio_sid = server.manager.eio_sid_from_sid(sid, "/")
        server.disconnect(sid)
        if eio_sid and eio_sid in server.eio.sockets:
            server.eio.disconnect(eio_sid)

    # One that does not read would keep whoever closes it waiting.
    return lambda sid: gevent.spawn(cut, sid)


def _idle_check(socketio: SocketIO) -> Any:
    def is_idle(sid: str) -> bool:
        """Whether the client's send queue is empty; a client that is gone counts as idle and is dropped soon."""
        server = socketio.server
        eio_sid = server.manager.eio_sid_from_sid(sid, "/")
        socket = server.eio.sockets.get(eio_sid) if eio_sid else None
        return socket is None or socket.queue.empty()

    return is_idle


def _register_socket(
    socketio: SocketIO, relay: Relay, sockets: Sockets, presence: Presence, context: LiveContext
) -> None:
    @socketio.on("connect")
    def connected(auth: Any = None) -> None:
        principal = context.access.live_principal(request)
        if principal is None:
            raise Refused("sign in")
        if len(relay.clients) >= context.settings.max_clients:
            raise Refused("this process serves as many pages as it may")
        topics, sid = _asked_topics(auth, principal), _sid()
        sockets.join(sid, context.access.mark(request))
        presence.join(sid, principal)
        relay.join(sid, topics)

    @socketio.on("disconnect")
    def disconnected(*_: Any) -> None:
        sid = _sid()
        for kept in (relay, sockets, presence):
            kept.leave(sid)

    @socketio.on("select")
    def selected(said: Any = None) -> bool:
        """`{selected}`: what this desk looks at, for the others; the answer says whether it was understood."""
        return presence.select(_sid(), said.get("selected") if isinstance(said, dict) else None)


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


def _asked_topics(auth: Any, principal: Principal) -> tuple[tuple[str, str], ...]:
    asked = auth.get("topics") if isinstance(auth, dict) else None
    if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
        raise Refused("auth.topics: a list of topic names is needed")
    try:
        return served_topics(asked, *principal.roles)  # a locked desk still hears alarms
    except BadTopic as error:
        raise Refused(str(error)) from None


def _blueprint(context: LiveContext, relay: Relay, presence: Presence) -> Blueprint:
    blueprint = Blueprint("live", __name__, url_prefix="/live")
    snapshots = Snapshots(
        context.client, context.keys, lambda: (relay.last.epoch, relay.last.seq) if relay.last else (-1, -1)
    )

    @blueprint.get("/snapshot")
    def snapshot() -> Response:
        """`?topics=…&topics=…`: the topics whole, as of the newest frame."""
        principal = context.access.live_principal(request)
        if principal is None:
            return _refusal(401, "sign in")
        try:
            topics = served_topics(request.args.getlist("topics"), *principal.roles)
        except BadTopic as error:
            return _refusal(400, str(error))
        return _zipped(snapshots.take(topics))

    @blueprint.get("/grid")
    def grid() -> Response:
        """`?from=N`: geometry of the cells numbered from N on."""
        if context.access.live_principal(request) is None:
            return _refusal(401, "sign in")
        start = request.args.get("from", default=0, type=int)
        if start < 0:
            return _refusal(400, "from: 0 or more")
        return _zipped(encode(grid_slice(context.client, context.keys, start)))

    @blueprint.post("/presence")
    @context.access.require(Permission.READ_INCIDENTS)
    def select() -> Response:
        """`{socket, selected}`: the event `select`, for a page whose scripts do not hold its socket."""
        try:
            said = msgspec.json.decode(request.get_data(), type=Selected)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _refusal(400, 'send {"socket": …, "selected": "incident:ID", "unit:ID" or ""}')
        if not presence.select_for(g.principal, said.socket, said.selected):
            return _refusal(404, "no socket of yours, or nothing that can be selected")
        return Response(status=204)

    return blueprint


class Selected(msgspec.Struct, frozen=True):
    """What a page posts about itself."""

    socket: str
    selected: str = ""


def _zipped(raw: bytes) -> Response:
    response = Response(raw, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if len(raw) >= GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(run_blocking(gzip.compress, raw, 5))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    return response


def _refusal(status: int, reason: str) -> Response:
    return Response(encode({"error": {"code": status, "message": reason}}), status, mimetype="application/json")
