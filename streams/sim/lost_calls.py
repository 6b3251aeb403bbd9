"""Emergency calls of the simulated city that are silent or given up: somebody must call back.

Like arrivals a pure function of (seed, minute): whoever asks again after a restart hears of the same calls.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.events import CallAbandoned, CallAnswered, CallEnded, CallOffered, CallPayload
from streams.sim.incidents import MINUTE, IncidentSetting, drawn, poisson_of
from streams.sim.runs import Moment

LONGEST = timedelta(minutes=2)  # from the first ring to the end of any such call


class LostCalls:
    """`between(after, until)` gives everything that happens in such calls within a time."""

    def __init__(self, setting: IncidentSetting, seed: str, zone: ZoneInfo, surge: float = 1.0):
        self._setting, self._seed, self._zone, self._surge = setting, seed, zone, surge

    def between(self, after: datetime, until: datetime) -> list[Moment]:
        """What happens in (after, until], oldest first; aware instants."""
        found: list[Moment] = []
        minute = (after - LONGEST).astimezone(UTC).replace(second=0, microsecond=0)
        while minute <= until:
            found += (moment for moment in self.of(minute) if after < moment.at <= until)
            minute += MINUTE
        return sorted(found, key=lambda moment: (moment.at, moment.event_id))

    def of(self, minute: datetime) -> list[Moment]:
        """All that happens in the calls that begin to ring within one minute; ids count within it."""
        local = minute.astimezone(self._zone)
        named = f"{local:%y%m%d-%H%M}"
        expected = self._setting.per_minute(local.hour) * self._setting.lost_calls.per_day / self._setting.per_day
        n = poisson_of(expected * self._surge, drawn(self._seed, "lost calls", named))
        return [moment for number in range(1, n + 1) for moment in self._one(f"L{named}-{number:02d}", minute)]

    def _one(self, call_id: str, minute: datetime) -> list[Moment]:
        setting, rng = self._setting.lost_calls, drawn(self._seed, "lost call", call_id)
        began_at = minute + timedelta(milliseconds=rng.randrange(60_000))
        agency = rng.choices(tuple(setting.agencies), tuple(setting.agencies.values()))[0]
        language = rng.choices(tuple(setting.languages), tuple(setting.languages.values()))[0]
        phone = self._setting.phone.format(number=rng.randrange(10_000))
        offered = CallOffered(call_id=call_id, channel=agency, language=language, agency=agency, phone=phone)
        if rng.random() >= setting.silent:
            gone_at = began_at + _seconds(rng.uniform(*setting.gives_up_s))
            return [_moment(began_at, offered), _moment(gone_at, CallAbandoned(call_id=call_id))]
        shortest, usual, longest = self._setting.answer_s
        answered_at = began_at + _seconds(rng.triangular(shortest, longest, usual))
        ended_at = answered_at + _seconds(rng.uniform(*setting.silent_s))
        answered = CallAnswered(call_id=call_id, agent_id=f"{agency}-{rng.randint(1, 9)}")
        return [
            _moment(began_at, offered),
            _moment(answered_at, answered),
            _moment(ended_at, CallEnded(call_id=call_id, silent=True)),
        ]


def _moment(at: datetime, payload: CallPayload) -> Moment:
    what = type(payload).__name__.removeprefix("Call").lower()
    return Moment(at, f"{payload.call_id}:{what}", payload)


def _seconds(seconds: float) -> timedelta:
    return timedelta(milliseconds=round(seconds * 1000))
