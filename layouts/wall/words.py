"""The words that the wall's scripts put on the screen, by the key the scripts use."""

from __future__ import annotations

from typing import Any

from layouts.texts import Language, gettext, mark, mark_plural, plural_forms

N_, NN_ = mark, mark_plural

WORDS: dict[str, str] = {
    "mode.live": N_("LIVE"),
    "mode.replay": N_("REPLAY"),
    "mode.simulation": N_("SIMULATION"),
    "mode.standing": N_("standing still"),
    "link.waiting": N_("Waiting for the first picture"),
    "link.cut": N_("Cut off since {time} ({age}), reconnecting. Below is the last picture."),
    "link.refused": N_("This screen may not see the picture. Ask for a link with the role kiosk."),
    "source.fresh": N_("{name}: last record {age} ago"),
    "source.late": N_("{name} is late: last record {age} ago"),
    "source.silent": N_("{name} has not sent anything yet"),
    "source.more": N_("+{n} more"),
    "band.usual": N_("usual ({range})"),
    "band.above": N_("above usual ({range})"),
    "band.below": N_("below usual ({range})"),
    "band.none": N_("too little history"),
    "today.yesterday": N_("yesterday by now {n}"),
    "today.alone": N_("yesterday unknown"),
    "open.closed": N_("closed today {n}"),
    "overdue.share": N_("{share} of {total} deadlines"),
    "overdue.of": N_("of {total} deadlines"),
    "overdue.none": N_("none has a deadline"),
    "incidents.today": N_("received today {n}"),
    "units.available": N_("{n} available"),
    "units.out": N_("{n} out of service"),
    "units.none": N_("no units known"),
    "legend.size": N_("cells of about {area}"),
    "legend.more": N_("{n} or more"),
    "legend.empty": N_("no cells above zero"),
    "away.share": N_("{share} not on this map ({n} of {total})"),
    "away.few": N_("{n} of {total} not on this map"),
    "away.none": N_("all on this map"),
    "map.coming": N_("Drawing the cells: {share}"),
    "map.empty": N_("Nothing to draw: the chosen figure is 0 everywhere"),
    "map.list": N_("click for the list"),
    "mark.priority": N_("priority {n}"),
    "mark.since": N_("since {time}"),
    "curve.today": N_("today"),
    "curve.yesterday": N_("yesterday"),
    "curve.usual": N_("usual"),
    "curve.empty": N_("No cases received today or yesterday"),
    "rank.above": N_("above usual"),
    "rank.below": N_("below usual"),
    "rank.empty": N_("Nothing received today"),
    "strip.quiet": N_("Nothing needs a decision"),
    "strip.silent": N_("{name} has sent nothing for {age}"),
    "strip.above": N_("{n} cases in the last hour where {low} to {high} are usual"),
    "strip.show": N_("Outline the place on the map"),
    "strip.go": N_("Go there"),
    "strip.why": N_("Evidence"),
    "attention.place": N_("{what}, {where}"),
    "attention.incident": N_("Incident"),
    "attention.alert": N_("Alert"),
    "attention.unassigned": N_("{what}: priority {n} without a unit"),
    "attention.channel": N_("{name}: {n} waiting, longest {age}, service level {level}"),
    "attention.level": N_("{name}: service level {level}"),
    "attention.in_force": N_("{event} ({severity}) in force"),
    "attention.until": N_("{event} ({severity}) in force until {time}"),
    "attention.stalled": N_("{name} sends nothing"),
    "attention.since": N_("{what}, since {time}"),
    "attention.since_owner": N_("{what}, since {time}, owner: {owner}"),
    "attention.what_owner": N_("{what}, owner: {owner}"),
    "attention.situation": N_("{text}; situation opened"),
    "rate.share": N_("{share} of {of}"),
    "rate.few": N_("{n} of {of}"),
    "channels.variant_removed": N_("answered ≤{t} s / (answered + abandoned >{s} s)"),
    "channels.variant_ignored": N_("answered ≤{t} s / answered"),
    "channels.variant_offered": N_("answered ≤{t} s / (answered + abandoned)"),
    "channels.variant_positive": N_("(answered ≤{t} s + abandoned ≤{t} s) / (answered + abandoned)"),
    "channels.variant_short": N_("(answered ≤{t} s + short abandoned) / (answered + abandoned)"),
    "agent.talking": N_("talking"),
    "agent.available": N_("ready"),
    "agent.holding": N_("holding"),
    "agent.wrap_up": N_("wrapping up"),
    "agent.away": N_("away"),
    "alert.none": N_("No alert in force"),
    "alert.until": N_("until {time}"),
    "incident.none": N_("No open incident"),
    "visitor.hidden": N_("Hidden in visitor mode"),
    "scene.map": N_("Map"),
    "scene.hotline": N_("Hotline"),
    "scene.emergency": N_("Emergency"),
    "scene.paused": N_("held"),
    "scene.urgent": N_("stays while an incident of priority 1 is open"),
    "keys.copied": N_("Copied"),
    "strip.empty": N_("No events yet: the picture fills as soon as a feed sends"),
    "story.next": N_("Next: {title}"),
    "story.proof": N_("{sent} cases sent, {counted} counted"),
    "category.all": N_("All categories"),
    "age.second": N_("{n} s"),
    "age.minute": N_("{n} min"),
    "age.hour": N_("{n} h"),
    "age.day": N_("{n} d"),
    "curve.described": N_("Cases received per half hour, today and yesterday"),
}

PLURALS: dict[str, tuple[str, str]] = {
    "attention.cluster": NN_(
        "{what}: {n} call where {expected} expected",
        "{what}: {n} calls where {expected} expected",
    ),
    "attention.warning": NN_(
        "{what}: {n} call in {h} h where {expected} expected",
        "{what}: {n} calls in {h} h where {expected} expected",
    ),
    "attention.hidden": NN_("{n} matter needs a decision", "{n} matters need a decision"),
    "alert.notices": NN_("{n} notice", "{n} notices"),
    "cell.cases": NN_("{n} case", "{n} cases"),
    "cell.incidents": NN_("{n} incident", "{n} incidents"),
    "mark.units": NN_("{n} unit", "{n} units"),
    "strip.dead": NN_(
        "{n} record of {name} could not be understood",
        "{n} records of {name} could not be understood",
    ),
}

MEASURE_NAMES: dict[str, str] = {
    "received_1h": N_("Received, last hour"),
    "received_24h": N_("Received, last 24 hours"),
    "open": N_("Open cases"),
    "overdue": N_("Overdue cases"),
    "due_4h": N_("Due within 4 hours"),
    "incidents": N_("Open incidents"),
}


def words_for_scripts(lang: Language) -> dict[str, Any]:
    """Key -> text, or key -> {plural category: text}, in the page's language."""
    _ = gettext(lang.id)
    said: dict[str, Any] = {key: _(text) for key, text in WORDS.items()}
    said |= {f"measure.{measure}": _(text) for measure, text in MEASURE_NAMES.items()}
    said |= {key: plural_forms(lang.id, *forms) for key, forms in PLURALS.items()}
    return said
