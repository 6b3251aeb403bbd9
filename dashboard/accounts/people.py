"""People who work here: their accounts, the check of name and password, and the quick way back to a locked desk."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from dashboard.accounts.audit import Actor, Record, Step
from dashboard.accounts.passwords import MOST_PIN, Passwords, check_password, check_pin, derived_password
from dashboard.accounts.sessions import Sessions
from dashboard.roles import KEY_ROLES, Role
from streams.codec import encode

MOST_NAME = 60
MOST_PIN_MISSES = 5  # then only the password opens the desk

# One per role that signs in (a wall has a key of its own); two dispatchers, so that they can see each other.
DEMO_PEOPLE: dict[str, Role] = {
    "dispatcher": Role.DISPATCHER,
    "dispatcher2": Role.DISPATCHER,
    "hotline": Role.HOTLINE,
    "gas": Role.AGENCY,
    "leader": Role.LEADER,
    "viewer": Role.VIEWER,
    "chief": Role.ADMIN,
}
DEMO_BODIES: dict[str, tuple[str, ...]] = {"gas": ("gas",)}


class BadPerson(ValueError):
    """The account cannot be made or changed like this; the message says why."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `version` counts what must end its sessions: another password, being disabled, signed out."""

    name: str
    roles: tuple[Role, ...]
    bodies: tuple[str, ...] = ()  # whose people they are, with the role `agency`: agencies or areas
    password: str
    made_at: datetime
    password_at: datetime
    pin: str = ""
    locale: str = ""
    disabled: bool = False
    version: int = 1

    @property
    def key(self) -> str:
        return key_of(self.name)

    @property
    def role(self) -> Role:
        """The first role: the one that is shown."""
        return self.roles[0]

    def shown(self) -> dict[str, Any]:
        """Everything but secrets, for the audit and for lists."""
        return {
            "roles": [str(role) for role in self.roles],
            "bodies": list(self.bodies),
            "locale": self.locale,
            "disabled": self.disabled,
            "has_pin": bool(self.pin),
            "password_at": self.password_at,
        }

    def __repr__(self) -> str:
        return f"Person({self.name!r}, {self.shown()})"


def key_of(name: str) -> str:
    """The same for every way of writing a name: two accounts never differ by case or width alone."""
    return unicodedata.normalize("NFKC", name).strip().casefold().encode("utf-8", "replace").decode()


class People:
    """All accounts of one city. Every change is audited in the transaction that makes it."""

    def __init__(self, sessions: Sessions, passwords: Passwords | None = None) -> None:
        self.sessions, self.audit = sessions, sessions.audit
        self.passwords = passwords or Passwords()
        self._client: Any = self.audit.client
        self.key = self.audit.keys.of("people")
        self.misses_key = self.audit.keys.of("pin-misses")

    # looking

    def get(self, name: str) -> Person | None:
        return _read(self._client.hget(self.key, key_of(name)))

    def all(self) -> list[Person]:
        """Every account, by name."""
        found = [msgspec.json.decode(raw, type=Person) for raw in self._client.hvals(self.key)]
        return sorted(found, key=lambda person: person.key)

    # changing

    def add(
        self,
        by: Actor,
        name: str,
        roles: Sequence[str],
        password: str,
        locale: str = "",
        bodies: Sequence[str] = (),
    ) -> Person:
        """Make an account. Raises BadPerson or BadPassword."""
        name = _checked_name(name)
        known = _checked_roles(roles)
        theirs = _checked_bodies(known, bodies)
        check_password(password, name)
        now = self.audit.now()
        hashed = self.passwords.hash(password)
        person = Person(
            name=name, roles=known, bodies=theirs, password=hashed, made_at=now, password_at=now, locale=locale
        )

        def decide(redis: Any) -> Step[Person]:
            if redis.hexists(self.key, person.key):
                raise BadPerson(f"there is someone named {name!r} already")
            return Step(person, [Record(by, "user.added", name, None, person.shown())], [self._kept(person)])

        return self.audit.commit(decide, self.key)[0]

    def set_password(self, by: Actor, name: str, password: str) -> Person:
        """Another password; every session of the person ends, and the PIN with the old one. Raises BadPerson."""
        check_password(password, name)
        hashed = self.passwords.hash(password)
        fields = {"password": hashed, "password_at": self.audit.now(), "pin": ""}
        return self._ending_sessions(by, name, "user.password_changed", fields)

    def disable(self, by: Actor, name: str) -> Person:
        """Nobody signs in with this account any more, and its sessions end. Raises BadPerson."""
        return self._ending_sessions(by, name, "user.disabled", {"disabled": True})

    def sign_out(self, by: Actor, name: str) -> Person:
        """End every session of the person, wherever. Raises BadPerson."""
        return self._ending_sessions(by, name, "user.signed_out", {})

    def set_roles(self, by: Actor, name: str, roles: Sequence[str], bodies: Sequence[str] = ()) -> Person:
        """Other roles, other bodies; sessions end, for they were begun with the old ones. Raises BadPerson."""
        known = _checked_roles(roles)
        fields = {"roles": known, "bodies": _checked_bodies(known, bodies)}
        return self._ending_sessions(by, name, "user.roles_changed", fields)

    def enable(self, by: Actor, name: str) -> Person:
        return self._changed(by, name, "user.enabled", {"disabled": False})

    def set_locale(self, by: Actor, name: str, locale: str) -> Person:
        return self._changed(by, name, "user.locale_changed", {"locale": locale})

    def set_pin(self, by: Actor, name: str, pin: str) -> Person:
        """A PIN for the quick way back to a locked desk; it signs nobody in. Raises BadPerson or BadPassword."""
        check_pin(pin)
        hashed = self.passwords.hash(pin)
        return self._changed(by, name, "user.pin_changed", {"pin": hashed}, [("HDEL", self.misses_key, key_of(name))])

    # checking

    def check(self, name: str, password: str) -> Person | None:
        """The person that name and password belong to. Unknown, disabled and wrong take the same time and answer."""
        person = self.get(name)
        fits = self.passwords.fits(person.password if person else "", password)
        if person is None or not fits or person.disabled:
            return None
        return self._rehashed(person, password)

    def unlock(self, mark: str, secret: str) -> bool:
        """Open a locked session with the PIN or the password of its person. Raises sessions.Ended when it is over."""
        session = self.sessions.find(mark)
        person = self.get(session.name) if session else None
        if session is None or person is None or not self._opens(person, secret):
            return False
        self.sessions.unlock(mark)
        return True

    def pin_tries_left(self, name: str) -> int:
        return max(0, MOST_PIN_MISSES - int(self._client.hget(self.misses_key, key_of(name)) or 0))

    def _opens(self, person: Person, secret: str) -> bool:
        if person.pin and len(secret) <= MOST_PIN:
            # Counted before it is looked at: tries made at once cannot be more than those made in a row.
            if self._client.hincrby(self.misses_key, person.key, 1) > MOST_PIN_MISSES:
                return False
            stored = person.pin
        else:
            stored = person.password
        fits = self.passwords.fits(stored, secret)
        if fits:
            self._client.hdel(self.misses_key, person.key)
        return fits

    def _rehashed(self, person: Person, password: str) -> Person:
        """With today's parameters, when the hash was made with those of another day."""
        if not self.passwords.is_outdated(person.password):
            return person
        changed = msgspec.structs.replace(person, password=self.passwords.hash(password))

        def decide(redis: Any) -> Step[Person]:
            is_same = _read(redis.hget(self.key, person.key)) == person
            return Step(changed, (), [self._kept(changed)]) if is_same else Step(person)

        return self.audit.commit(decide, self.key)[0]

    # helpers

    def _ending_sessions(self, by: Actor, name: str, what: str, fields: dict[str, Any]) -> Person:
        def decide(redis: Any) -> Step[Person]:
            person = self._known(redis, name)
            marks = self.sessions.marks_of(redis, person.name)
            changed = msgspec.structs.replace(person, **fields, version=person.version + 1)
            after = changed.shown() | {"sessions_ended": len(marks)}
            writes = [self._kept(changed), *self.sessions.ending(marks), ("HDEL", self.misses_key, person.key)]
            return Step(changed, [Record(by, what, person.name, person.shown(), after)], writes)

        return self.audit.commit(decide, self.key, self.sessions.key)[0]

    def _changed(
        self, by: Actor, name: str, what: str, fields: dict[str, Any], more: Sequence[tuple[Any, ...]] = ()
    ) -> Person:
        def decide(redis: Any) -> Step[Person]:
            person = self._known(redis, name)
            changed = msgspec.structs.replace(person, **fields)
            record = Record(by, what, person.name, person.shown(), changed.shown())
            return Step(changed, [record], [self._kept(changed), *more])

        return self.audit.commit(decide, self.key)[0]

    def _known(self, redis: Any, name: str) -> Person:
        person = _read(redis.hget(self.key, key_of(name)))
        if person is None:
            raise BadPerson(f"nobody is named {name!r}; see `user list`")
        return person

    def _kept(self, person: Person) -> tuple[Any, ...]:
        return ("HSET", self.key, person.key, encode(person))


def demo_people(people: People, secret: str, by: Actor) -> list[tuple[Person, str]]:
    """One account per role for a demo, with its password: the same at each start of this installation.

    The password is empty where somebody set another one.
    """
    found = []
    for name, role in DEMO_PEOPLE.items():
        password = derived_password(secret, name)
        person = people.get(name) or people.add(by, name, [role], password, bodies=DEMO_BODIES.get(name, ()))
        found.append((person, password if person.password_at == person.made_at else ""))
    return found


def _read(raw: bytes | None) -> Person | None:
    return None if raw is None else msgspec.json.decode(raw, type=Person)


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).strip()
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise BadPerson(f"a name has 1 to {MOST_NAME} printable characters")
    return name


def _checked_roles(roles: Sequence[str]) -> tuple[Role, ...]:
    known = tuple(dict.fromkeys(Role(role) for role in roles if role in set(Role)))
    if not known or len(known) != len(set(roles)):
        raise BadPerson(f"a role is needed: {', '.join(role for role in Role if role not in KEY_ROLES)}")
    if held := KEY_ROLES.intersection(known):
        raise BadPerson(f"a screen or a program is no person: make a key for it with `key add NAME --role {min(held)}`")
    return known


def _checked_bodies(roles: Sequence[Role], bodies: Sequence[str]) -> tuple[str, ...]:
    """Somebody of the role `agency` sees the cases of some body, and nobody else is narrowed to one."""
    named = tuple(dict.fromkeys(body.strip() for body in bodies if body.strip()))
    if Role.AGENCY in roles and not named:
        raise BadPerson("the role agency needs a body: whose cases are theirs?")
    if named and Role.AGENCY not in roles:
        raise BadPerson("only the role agency belongs to a body")
    return named
