"""CAP messages for tests, built part by part: `alert(msgType="Update", references=…)`, `info(severity="Minor")`."""

from __future__ import annotations

from xml.sax.saxutils import escape

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
CAP_11 = "urn:oasis:names:tc:emergency:cap:1.1"
SENDER = "met@example.org"
SQUARE = "39.9,116.3 39.9,116.5 40.0,116.5 40.0,116.3 39.9,116.3"

_ALERT: dict[str, str | None] = {
    "identifier": "storm-1",
    "sender": SENDER,
    "sent": "2026-07-01T15:00:00+08:00",
    "status": "Actual",
    "msgType": "Alert",
    "scope": "Public",
}
_INFO: dict[str, str | None] = {
    "category": "Met",
    "event": "Thunderstorm",
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "expires": "2026-07-01T21:00:00+08:00",
}


def alert(*infos: str, space: str = CAP_12, **fields: str | None) -> bytes:
    """A whole document. A field of None is left out."""
    return document(elements(_ALERT | fields), *infos, space=space)


def document(*parts: str, space: str = CAP_12, root: str = "alert") -> bytes:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{space}">{"".join(parts)}</{root}>'
    return text.encode()


def info(*areas: str, **fields: str | None) -> str:
    return f"<info>{elements(_INFO | fields)}{''.join(areas)}</info>"


def area(description: str | None = "The city", **fields: str) -> str:
    return f"<area>{elements({'areaDesc': description, **fields})}</area>"


def elements(fields: dict[str, str | None]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items() if value is not None)


def atom(*entries: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:example.org,2026:alerts</id><title>Alerts</title>{''.join(entries)}</feed>"
    ).encode()


def linked(name: str, href: str, updated: str = "2026-07-01T07:00:00Z", kind: str = "application/cap+xml") -> str:
    link = f'<link type="{kind}" href="{escape(href)}"/>'
    return f"<entry><id>{name}</id><title>{name}</title><updated>{updated}</updated>{link}</entry>"


def contained(name: str, message: bytes) -> str:
    body = message.decode().partition("?>")[2]
    return f'<entry><id>{name}</id><content type="text/xml">{body}</content></entry>'
