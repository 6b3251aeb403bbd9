"""The words that the warning page's scripts put on the screen, by the key the script uses."""

from __future__ import annotations

from layouts.texts import Language, gettext, mark
from layouts.warning.reasons import WORDS as REASON_WORDS

N_ = mark

WORDS: dict[str, str] = {
    "none": N_("Nothing begins that chance would not explain"),
    "cold": N_("Too little is known of this city to warn: {words}"),
    "learning": N_("Learning what is usual here…"),
    "ready": N_("Usual is learnt from {days} days and {cases} cases"),
    "simulated": N_("days made by the simulation's own laws"),
    "away": N_("Early warning does not answer; what is shown is of {time}"),
    "looked": N_("Looked at {time}"),
    "said": N_("Callers speak of “{what}”"),
    "numbers": N_("{observed} where {expected} expected"),
    "hours": N_("last {n} h"),
    "rare": N_("so strange once in {n} days"),
    "often": N_("so strange {n} times a day"),
    "since": N_("since {time}"),
    "city": N_("Whole city"),
    "state.rising": N_("rising"),
    "state.standing": N_("standing"),
    "state.fading": N_("fading"),
    "state.closed": N_("over"),
    "verdict.acted": N_("a case or situation was opened"),
    "verdict.acknowledged": N_("acknowledged"),
    "verdict.dismissed": N_("dismissed"),
    "verdict.not_judged": N_("not judged yet"),
    "verdicts": N_("{useful} of {judged} judged warnings were useful"),
    "choose": N_("A warning that is chosen shows its curve, its cases and what else is going on there"),
    "band": N_("Observed (bars) against the expected band of each hour"),
    "examples": N_("Example cases, similar ones together"),
    "near": N_("What else is going on here"),
    "nothing_near": N_("No incident nearby, no alert, no notice"),
    "earlier": N_("What was done last time"),
    "nothing_earlier": N_("No earlier warning of this kind was judged"),
    "no_recurring": N_("At least two months of history are needed"),
    "alert": N_("Alert"),
    "notice": N_("Notice"),
    "incident": N_("Incident"),
    "owner": N_("Suggested: {owner}"),
    "done.acknowledge_warning": N_("Acknowledged"),
    "done.dismiss_warning": N_("Dismissed"),
    "done.warning_case": N_("Case {id} opened"),
    "done.warning_situation": N_("Situation {id} opened"),
    "refused": N_("Not done: {reason}"),
    "denied": N_("Your role may look, but not act on warnings"),
    "unsent": N_("NOT SENT: no answer"),
    "less": N_("less than usual"),
    "more": N_("more than usual"),
    "theme.gas": N_("gas"),
    "theme.smoke": N_("smoke"),
    "theme.fire": N_("fire"),
    "theme.explosion": N_("explosion"),
    "theme.collapse": N_("collapse"),
    "theme.live_wire": N_("live wire"),
    "theme.flood": N_("flood"),
    "theme.chemical": N_("chemicals"),
    "theme.trapped": N_("people trapped"),
}


def words_for_warning(lang: Language) -> dict[str, str]:
    """Key -> text in the page's language."""
    _ = gettext(lang.id)
    return {key: _(text) for key, text in (WORDS | REASON_WORDS).items()}
