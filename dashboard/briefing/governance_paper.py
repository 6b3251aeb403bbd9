"""A governance case as a page and as a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from dashboard.briefing.files import typeset
from dashboard.briefing.governance import Governance
from layouts.briefing import charts
from layouts.briefing.governance import WEEKLY, governance_sheet
from layouts.briefing.paper import Sheet, sheet_page
from layouts.briefing.words import Speaker
from layouts.context import Context, name_in
from layouts.dispatch.voice import desk_language
from layouts.texts import gettext
from layouts.wall.names import names


@dataclass(frozen=True)
class CasePaper:
    """A case in one language, for the city it is of."""

    case: Governance
    context: Context
    speaker: Speaker

    @property
    def sheet(self) -> Sheet:
        city = name_in(self.context.city.names, self.speaker.lang, self.context.city.id)
        told = msgspec.to_builtins(self.case) | {"is_chance": self.case.is_chance}
        return governance_sheet(self.speaker, told, city)

    @property
    def drawings(self) -> dict[str, str]:
        """The weeks as bars, the last one stressed."""
        if not self.case.weeks:
            return {}
        rows = [{"day": day, "received": n} for day, n in self.case.weeks]
        labels = charts.labels(self.speaker.lang) | {"daily": gettext(self.speaker.lang.id)(WEEKLY)}
        return {"daily": charts.daily(rows, None, None, labels)}


def case_paper(case: Governance, context: Context, lang: str) -> CasePaper:
    """A case in the language that is nearest to what is asked for."""
    language = desk_language(lang)
    zone = ZoneInfo(str(context.city.zone))
    return CasePaper(case, context, Speaker(language, zone, names(context, language)))


def case_html(paper: CasePaper) -> bytes:
    """One page that needs nothing but itself."""
    return sheet_page(paper.speaker, paper.sheet, paper.drawings).encode()


def case_pdf(paper: CasePaper) -> bytes:
    """A4. Raises FontMissing when a font for the language is not installed."""
    return typeset(paper.speaker, paper.sheet, paper.drawings)[0]
