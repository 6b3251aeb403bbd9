"""A GeoReport v2 server asked for all that it has in a window, whatever it does with pages and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from streams.feeds.open311.endpoint import Endpoint
from streams.feeds.open311.errors import NotNow, TooMuch
from streams.feeds.open311.http import Answer, Http
from streams.feeds.open311.parse import digest, identity, parse_requests, parse_services
from streams.feeds.open311.windows import Field, Window, by_service, halves, stamp
from streams.feeds.rows import RawRow

FORMATS = {"auto": ("json", "xml"), "json": ("json",), "xml": ("xml",)}
MOST_PAGES = 500  # of one window; a server that always finds another page is not believed
MOST_CUTS = 60  # of one window, one within the other
MOST_QUESTIONS = 10_000  # for one window with all its parts
TRIES_TOO_MUCH = 5  # how often a window that was too much is halved before the server is left alone for a while
SMALLEST_LIMIT = 10
NOT_FOUND = (400, 404, 416)
REFUSED_FORMAT = (400, 404, 406, 415, 500, 501)
NAMED_AT_ONCE = 50  # ids in one question
NEAR = timedelta(days=1)
NOTICED_SKEW = timedelta(seconds=30)

StampOf = Callable[[RawRow, Field], datetime | None]


class Client:
    """What is learned of the server stays here: its format, its pages, its limit, its clock, its services."""

    def __init__(
        self, http: Http, endpoint: Endpoint, stamp_of: StampOf, say: Callable[[str], None], api_key: str = ""
    ) -> None:
        self._http, self._endpoint, self._stamp_of, self._say = http, endpoint, stamp_of, say
        self._common = dict(endpoint.parameters)
        self._common |= {"jurisdiction_id": endpoint.jurisdiction} if endpoint.jurisdiction else {}
        self._common |= {"api_key": api_key} if api_key else {}
        self._page_size = endpoint.page_size
        self._pages: bool | None = None  # whether the server knows pages; None: not seen yet
        self._first_page: int | None = None  # some count from 0
        self._limit: int | None = None  # what the server was seen to cut its answers to
        self._largest = 0
        self.format = ""
        self.services: dict[str, str] = {}
        self.skew = timedelta(0)
        self.asked = 0
        self._asked_most = 0
        self.incomplete: set[str] = set()

    # questions

    def discover(self) -> None:
        """Choose the format and learn the services. Raises NotNow when the server answers in no format."""
        errors = []
        for form in FORMATS[self._endpoint.format]:
            try:
                answer = self._get("services", {}, form)
                self.services = parse_services(answer.body, answer.content_type)
            except NotNow as error:
                errors.append(error)
                if error.status not in (0, *REFUSED_FORMAT):
                    raise
                continue
            self.format = form
            return
        if all(error.status in NOT_FOUND for error in errors):
            self._without_services()
            return
        raise errors[-1]

    def _without_services(self) -> None:
        """A server without a list of services may have requests all the same."""
        last: NotNow | None = None
        for form in FORMATS[self._endpoint.format]:
            try:
                answer = self._get("requests", {}, form)
                parse_requests(answer.body, answer.content_type)
            except NotNow as error:
                last = error
                continue
            self.format = form
            self._say("the server lists no services; categories are named as its records name them")
            return
        raise last or NotNow("no format to ask for")

    def named(self, ids: Sequence[str]) -> Iterator[RawRow]:
        """The records with these numbers, as far as the server still has them. Raises NotNow."""
        self._asked_most = 0
        for start in range(0, len(ids), NAMED_AT_ONCE):
            yield from self._ask({"service_request_id": ",".join(ids[start : start + NAMED_AT_ONCE])})

    def filters_by_update(self, now: datetime) -> bool:
        """Whether `updated_after` is understood: asked for changes of tomorrow, a server that ignores it has some.

        Only of a server that is known to have records. Raises NotNow.
        """
        try:
            return not self._ask({"updated_after": stamp(now + NEAR)})
        except NotNow as error:
            if error.status in NOT_FOUND:
                return False
            raise

    def read(self, window: Window) -> Iterator[list[RawRow]]:
        """Every record of the window at least once, in portions; equal bytes only once. Raises NotNow."""
        self._asked_most = self.asked + MOST_QUESTIONS
        return self._read(window, set(), 0, 0)

    # windows

    def _read(self, window: Window, digests: set[str], depth: int, too_much: int) -> Iterator[list[RawRow]]:
        rows: dict[str, RawRow] = {}
        try:
            for page in self._all_pages(window):
                rows |= {identity(row): row for row in page}
                fresh = {d: row for row in page if (d := digest(row)) not in digests}
                digests.update(fresh)
                yield list(fresh.values())
        except TooMuch as error:
            parts = halves(window, [])
            if too_much >= TRIES_TOO_MUCH or not parts:
                raise
            self._say(f"{error}; asking for half of the time")
            too_much, n = too_much + 1, 0
        else:
            n = len(rows)
            if not self._is_cut(n):
                return
            parts = self._parts(window, list(rows.values()), depth)
        before = len(digests)
        for part in parts:
            yield from self._read(part, digests, depth + 1, too_much)
        if n and len(digests) > before:
            self._limit = n

    def _is_cut(self, n: int) -> bool:
        """Whether so many records may be a limit's doing.

        Not all servers keep to 1,000: some give 20, and do not say so. A larger answer than this one proves that
        this one was whole; otherwise a round number of records is looked into, until the limit is known.
        """
        if self._limit is not None and n > self._limit:
            self._limit = None
        largest, self._largest = self._largest, max(self._largest, n)
        if self._pages:
            return n == self._endpoint.limit
        if n >= self._endpoint.limit:
            return True
        if self._limit is not None or (self._page_size and n >= self._page_size):
            return n >= (self._limit or self._page_size)
        return n >= max(SMALLEST_LIMIT, largest) and n % 5 == 0

    def _parts(self, window: Window, rows: list[RawRow], depth: int) -> list[Window]:
        stamps = [at for row in rows if (at := self._stamp_of(row, window.field))]
        inside = sum(window.start - NEAR <= at <= window.end + NEAR for at in stamps)
        if inside * 2 < len(stamps) or depth >= MOST_CUTS:
            return self._give_up(window, len(rows), "the server does not keep to the dates that it is asked for")
        if parts := halves(window, stamps):
            return parts
        if window.service or not self.services:
            return self._give_up(window, len(rows), "the server gives no more of one second")
        return list(by_service(window, list(self.services)))

    def _give_up(self, window: Window, n: int, why: str) -> list[Window]:
        """What cannot be asked for is said, not hidden."""
        if why not in self.incomplete:
            self.incomplete.add(why)
            self._say(f"{stamp(window.start)} to {stamp(window.end)}: {n} records, there may be more; {why}")
        return []

    # pages

    def _all_pages(self, window: Window) -> Iterator[list[RawRow]]:
        """Page after page, until one brings nothing new."""
        first = self._ask(window.parameters())
        yield first
        if not first or self._pages is False:
            return
        seen = {identity(row) for row in first}
        number = self._second_page()
        while number < MOST_PAGES:
            page = self._further(window, number)
            ids = {identity(row) for row in page}
            if self._first_page is None:
                # The same records again: pages count from 1, and this is the first once more. Else they count from 0.
                self._first_page = 1 if len(ids & seen) * 2 > len(ids) else 0
            elif ids <= seen:
                self._notice_end(number, ids, seen)
                return
            if not ids:
                self._pages = True
                return
            yield page
            seen |= ids
            number += 1
        raise NotNow(f"{MOST_PAGES} pages and no end")

    def _second_page(self) -> int:
        return 1 if self._first_page is None else self._first_page + 1

    def _notice_end(self, number: int, ids: set[str], seen: set[str]) -> None:
        """An empty page is an end. The first page again, of a server that would have more, means that it has none."""
        if not ids or number > (self._first_page or 0) + 1:
            self._pages = True
        elif ids == seen and len(ids) >= SMALLEST_LIMIT:
            self._pages = False
            self._say("the server repeats its first page: it knows no pages, windows are narrowed instead")

    def _further(self, window: Window, number: int) -> list[RawRow]:
        """A further page; some servers answer the one after the last with an error."""
        try:
            return self._ask(window.parameters() | {"page": str(number)})
        except NotNow as error:
            if error.status in NOT_FOUND:
                return []
            raise

    # one answer

    def _ask(self, parameters: dict[str, str]) -> list[RawRow]:
        size = {"page_size": str(self._page_size)} if self._page_size else {}
        try:
            answer = self._get("requests", parameters | size, self.format)
        except NotNow as error:
            if error.status != 400 or not size or "page" in parameters:
                raise
            self._page_size = 0
            return self._ask(parameters)
        return parse_requests(answer.body, answer.content_type)

    def _get(self, resource: str, parameters: dict[str, str], form: str) -> Answer:
        self.asked += 1
        if self._asked_most and self.asked > self._asked_most:
            raise NotNow(f"{MOST_QUESTIONS} questions and no end")
        answer = self._http.get(f"{self._endpoint.url}/{resource}.{form}", self._common | parameters)
        if answer.skew is not None:
            self._notice_clock(answer.skew)
        return answer

    def _notice_clock(self, skew: timedelta) -> None:
        """A small difference is the way there and back, and the second that a Date is rounded to."""
        skew = skew if abs(skew) > NOTICED_SKEW else timedelta(0)
        if abs(skew - self.skew) > NOTICED_SKEW:
            seconds = round(abs(skew.total_seconds()))
            how = f"is {seconds} s {'ahead of' if skew > timedelta(0) else 'behind'} ours" if skew else "is right again"
            self._say(f"the server's clock {how}; windows follow its clock")
            self.skew = skew
