"""`user`: accounts of the people who sign in with name and password."""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from dashboard.accounts.accounts import Accounts, open_accounts
from dashboard.accounts.audit import Actor
from dashboard.accounts.passwords import BadPassword, new_password
from dashboard.accounts.people import BadPerson, Person
from dashboard.cli.common import one_line_errors, redis_or_exit, running_settings
from dashboard.roles import KEY_ROLES, Role
from geo.cities import load_city
from hotline.dispatching import load_dispatching
from layouts.texts import LANGUAGES
from streams.keys import Keys

ROLES = click.Choice([role.value for role in Role if role not in KEY_ROLES])
of_bodies = click.option(
    "--body", "bodies", multiple=True, help="with the role agency: an agency or area whose cases are theirs; or several"
)
from_stdin = click.option("--stdin", is_flag=True, help="read the password from the first line of standard input")


@click.group()
def user() -> None:
    """People who sign in (city: HEXWATCH_CITY, else the one last started here). Every change is audited."""


@user.command()
@click.argument("name")
@click.option("--role", "roles", type=ROLES, multiple=True, required=True, help="may be given several times")
@click.option("--locale", type=click.Choice(list(LANGUAGES)), default=None, help="language of this person's pages")
@of_bodies
@from_stdin
@one_line_errors(BadPerson, BadPassword)
def add(name: str, roles: tuple[str, ...], locale: str | None, bodies: tuple[str, ...], stdin: bool) -> None:
    """Make an account for NAME; its password is printed once, unless it is given."""
    _warn_of_strangers(bodies)
    accounts, password = _accounts(), _password(stdin)
    person = accounts.people.add(_caller(), name, roles, password, locale or "", bodies)
    click.echo(f"{person.name} ({_shown(person)})")
    _print_once(password, stdin)


@user.command(name="list")
def list_all() -> None:
    """List names, roles, and from where each is signed in."""
    accounts = _accounts()
    sessions = accounts.sessions.all()
    people = accounts.people.all()
    for person in people:
        mine = [s for s in sessions if s.name == person.name]
        state = "disabled" if person.disabled else f"signed in: {len(mine)}"
        where = "".join(f"\n    since {_minute(s.began_at)} from {s.peer or 'unknown'}" for s in mine)
        of = f"  of {','.join(person.bodies)}" if person.bodies else ""
        click.echo(f"{person.name}  {','.join(person.roles)}{of}  {state}{where}")
    if not people:
        click.echo("Nobody yet; `user add NAME --role dispatcher` makes an account.")


@user.command()
@click.argument("name")
@from_stdin
@one_line_errors(BadPerson, BadPassword)
def password(name: str, stdin: bool) -> None:
    """Give NAME another password, printed once, and end every session begun with the old one."""
    accounts, made = _accounts(), _password(stdin)
    person = accounts.people.set_password(_caller(), name, made)
    click.echo(f"{person.name}: another password; signed out everywhere")
    _print_once(made, stdin)


@user.command()
@click.argument("name")
@click.option("--role", "roles", type=ROLES, multiple=True, required=True, help="may be given several times")
@of_bodies
@one_line_errors(BadPerson)
def role(name: str, roles: tuple[str, ...], bodies: tuple[str, ...]) -> None:
    """Give NAME other roles, and end every session begun with the old ones."""
    _warn_of_strangers(bodies)
    person = _accounts().people.set_roles(_caller(), name, roles, bodies)
    click.echo(f"{person.name}: {_shown(person)}; signed out everywhere")


@user.command()
@click.argument("name")
@one_line_errors(BadPerson)
def disable(name: str) -> None:
    """Close the account of NAME and end its sessions. Nothing it did is forgotten."""
    person = _accounts().people.disable(_caller(), name)
    click.echo(f"{person.name}: disabled and signed out everywhere; `user enable` opens it again")


@user.command()
@click.argument("name")
@one_line_errors(BadPerson)
def enable(name: str) -> None:
    """Open a disabled account again."""
    person = _accounts().people.enable(_caller(), name)
    click.echo(f"{person.name}: enabled")


@user.command()
@click.argument("name")
@one_line_errors(BadPerson)
def signout(name: str) -> None:
    """End every session of NAME, on every machine."""
    person = _accounts().people.sign_out(_caller(), name)
    click.echo(f"{person.name}: signed out everywhere")


def _accounts() -> Accounts:
    settings = running_settings()
    return open_accounts(redis_or_exit(settings), Keys(settings.city), settings.data)


def _caller() -> Actor:
    """Whoever runs the command, as this machine knows them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        name = "unknown"
    return Actor(name, "command line", "command line")


def _password(stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if stdin else new_password(secrets.choice)


def _print_once(password: str, was_given: bool) -> None:
    if not was_given:
        click.echo(f"password (shown once): {password}")


def _shown(person: Person) -> str:
    return ", ".join(person.roles) + (f" of {', '.join(person.bodies)}" if person.bodies else "")


def _warn_of_strangers(bodies: Sequence[str]) -> None:
    """Say which of these the city's files do not name: cases can go to anybody, but this may be a slip."""
    city = load_city(running_settings().city)
    known = {*city.agencies, *city.load_catalogue().areas, *load_dispatching(city.id).bodies}
    if unknown := sorted(set(bodies) - known):
        named = ", ".join(sorted(known)) or "none"
        click.echo(f"note: {', '.join(unknown)}: no body of this city's files; they name {named}", err=True)


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
