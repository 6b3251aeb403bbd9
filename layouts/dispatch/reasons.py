"""Why the engine refuses, in the languages of the desk: a pattern of its words, and the text with the same blanks.

Pure data: the page looks a refusal up and says it in its own language; one that stands in no row stays as it is.
"""

from __future__ import annotations

from layouts.texts import mark as N_

# (name, pattern, text). The first that fits the whole reason is said. The order is from the longer to the shorter.
REASONS: tuple[tuple[str, str, str], ...] = (
    ("changed", r"changed since you saw it(?:: .+)?", N_("It has changed since you saw it")),
    (
        "unit_there",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) on (?P<incident>\S+) already",
        N_("{unit} is {status} at {incident} already"),
    ),
    (
        "unit_clear",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) on (?P<incident>\S+): (?:clear it|clear_unit)",
        N_("{unit} is {status} at {incident}: clear it instead"),
    ),
    (
        "unit_stand_down",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) on (?P<incident>\S+): stand_down",
        N_("{unit} is {status} at {incident}: stand it down instead"),
    ),
    (
        "unit_when",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) on (?P<incident>\S+); say when it was (?P<was>[a-z-]+)",
        N_("{unit} is {status} at {incident}: say when it was {was}"),
    ),
    (
        "unit_busy_since",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) on (?P<incidents>.+) since",
        N_("{unit} is {status} by now: {incidents}"),
    ),
    (
        "unit_busy",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) on (?P<incidents>.+)",
        N_("{unit} is {status}: {incidents}"),
    ),
    ("unit_out", r"unit (?P<unit>\S+) is out of service: (?P<why>.+)", N_("{unit} is out of service: {why}")),
    (
        "unit_nothing",
        r"unit (?P<unit>\S+): that changes nothing on (?P<incident>\S+)",
        N_("{unit}: that changes nothing at {incident}"),
    ),
    ("unit_not_there", r"unit (?P<unit>\S+) is not on (?P<incident>\S+)", N_("{unit} is not at {incident}")),
    (
        "unit_dispatch",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+): dispatch it",
        N_("{unit} is {status}: send it instead"),
    ),
    (
        "unit_patient",
        r"unit (?P<unit>\S+) is (?P<status>[a-z-]+) with a patient",
        N_("{unit} is {status} with a patient"),
    ),
    (
        "unit_real",
        r"unit (?P<unit>\S+) works at an emergency: no exercise takes it away",
        N_("{unit} works at an emergency: no exercise takes it away"),
    ),
    ("unit_unknown", r"unit (?P<unit>\S+) is unknown", N_("{unit} is unknown")),
    ("unit_left", r"unit (?P<unit>\S+) has left (?P<incident>\S+) since", N_("{unit} has left {incident} since")),
    ("unit_went_on", r"unit (?P<unit>\S+) went on since", N_("{unit} went on since")),
    (
        "waits",
        r"incident (?P<incident>\S+) waits for unit (?P<unit>\S+) already",
        N_("{incident} waits for {unit} already"),
    ),
    (
        "waits_no_more",
        r"incident (?P<incident>\S+) does not wait for unit (?P<unit>\S+) any more",
        N_("{incident} does not wait for {unit} any more"),
    ),
    (
        "danger",
        r"unit (?P<unit>\S+) is in danger already, since (?P<time>\S+)",
        N_("{unit} is in danger already, since {time}"),
    ),
    ("no_danger", r"unit (?P<unit>\S+) is not in danger(?: any more)?", N_("{unit} is not in danger")),
    (
        "checked_in",
        r"unit (?P<unit>\S+) has checked in already, at (?P<time>\S+)",
        N_("{unit} has checked in already, at {time}"),
    ),
    ("alarm_unknown", r"alarm (?:\S+) is unknown: it may be over", N_("This alarm is unknown: it may be over")),
    (
        "alarm_over",
        r"alarm (?:\S+) is over: nobody need act on it any more",
        N_("This alarm is over: nobody need act on it any more"),
    ),
    (
        "alarm_not_shelved",
        r"alarm (?:\S+) is (?:[a-z]+, not shelved|not shelved any more)",
        N_("This alarm is not shelved"),
    ),
    ("acknowledged", r"(?P<who>.+) has acknowledged it already", N_("{who} has acknowledged it already")),
    ("shelved", r"(?P<who>.+) has shelved it(?: already|; fetch it back first)", N_("{who} has shelved it")),
    (
        "never_shelved",
        r"a crew in danger is not shelved: end the emergency when the crew is safe",
        N_("A crew in danger is not shelved: end the emergency when the crew is safe"),
    ),
    ("until", r"until: within (?P<n>\d+) h from now, it is \S+ in the city", N_("At most {n} hours from now")),
    ("nothing_to_undo", r"nothing of yours to undo", N_("Nothing of yours to undo")),
    ("another_act", r"your last act is another one: \S+", N_("Your last act is another one")),
    ("too_late", r"\S+: more than (?P<n>\d+) s ago", N_("That was more than {n} seconds ago")),
    ("stays", r"\S+ cannot be undone: .+", N_("That cannot be undone")),
    (
        "step_since",
        r"incident (?P<incident>\S+) was (?P<step>[a-z_-]+) by (?P<who>.+) since",
        N_("Since then at {incident}: {step} ({who})"),
    ),
    (
        "units_since",
        r"units are assigned to (?P<incident>\S+) since: (?P<units>.+)",
        N_("Units are at {incident} since: {units}"),
    ),
    ("units_there", r"units are still assigned: (?P<units>.+)", N_("Units are still assigned: {units}")),
    ("case_closed", r"case (?P<case>\S+) was closed since", N_("Case {case} was closed since")),
    (
        "case_is",
        r"case (?P<case>\S+) is incident (?P<incident>\S+) (?:since|already)",
        N_("Case {case} is {incident} already"),
    ),
    (
        "case_unknown",
        r"case (?P<case>\S+) is unknown here(?: by now: close the incident)?",
        N_("Case {case} is unknown here"),
    ),
    ("case_not_open", r"case (?P<case>\S+) is not open", N_("Case {case} is not open")),
    (
        "no_case",
        r"incident (?P<incident>\S+) was not made of a case: close or cancel it",
        N_("{incident} was not made of a case: close or cancel it"),
    ),
    (
        "answered_since",
        r"(?P<agency>\S+) has answered since(?:, or the time ran out)?",
        N_("{agency} has answered since, or the time ran out"),
    ),
    (
        "hospital_new",
        r"(?P<who>.+) had said nothing before: report what is so",
        N_("{who} had said nothing before: report what is so"),
    ),
    ("hospital_else", r"(?P<who>.+) said something else since", N_("{who} said something else since")),
    ("task_open", r"task (?:\S+) is open again since", N_("This call-back is open again since")),
    ("task_unknown", r"task (?:\S+) is unknown", N_("This call-back is unknown")),
    ("task_done", r"task (?:\S+) was [a-z-]+ by (?P<who>.*)", N_("This call-back was done by {who}")),
    (
        "call_known",
        r"that call is written down already \((?P<time>\S+)\)",
        N_("That call is written down already ({time})"),
    ),
    (
        "late",
        r"late: not executed, because it was decided after its time; ask again",
        N_("Too late: it was not carried out. Ask again"),
    ),
    ("incident_unknown", r"incident (?P<incident>\S+) is unknown", N_("{incident} is unknown")),
    ("incident_part", r"incident (?P<incident>\S+) is part of (?P<lead>\S+)", N_("{incident} is part of {lead}")),
    ("incident_closed", r"incident (?P<incident>\S+) is (?:closed|over since)", N_("{incident} is over")),
    ("incident_open", r"incident (?P<incident>\S+) is open", N_("{incident} is open")),
    (
        "incident_stage",
        r"incident (?P<incident>\S+) cannot be .+ while (?P<status>[a-z-]+)",
        N_("{incident} is {status}: that makes no sense now"),
    ),
    ("incident_nothing", r"incident (?P<incident>\S+): that changes nothing", N_("{incident}: that changes nothing")),
    (
        "incident_is",
        r"incident (?P<incident>\S+) is (?P<kind>.+), priority (?P<n>\d), already",
        N_("{incident} is {kind}, priority {n}, already"),
    ),
    (
        "incident_priority",
        r"incident (?P<incident>\S+) has priority (?P<n>\d) already",
        N_("{incident} has priority {n} already"),
    ),
    (
        "incident_alarm",
        r"incident (?P<incident>\S+) has alarm (?P<n>\d) already",
        N_("{incident} has alarm {n} already"),
    ),
    ("incident_there", r"incident (?P<incident>\S+) is there already", N_("{incident} is there already")),
    (
        "incident_leads",
        r"incident (?P<incident>\S+) leads (?P<incidents>.+): merge the other way round",
        N_("{incident} leads {incidents}: merge the other way round"),
    ),
    (
        "linked",
        r"incidents (?P<incident>\S+) and (?P<lead>\S+) are linked already",
        N_("{incident} and {lead} are linked already"),
    ),
    (
        "not_major",
        r"incident (?P<incident>\S+) is no major incident: declare it",
        N_("{incident} is no major incident: declare it"),
    ),
    ("exercise", r"an exercise and an emergency are never one", N_("An exercise and an emergency are never one")),
    ("different", r"needs two different incidents", N_("Needs two different incidents")),
    (
        "arrived",
        r"(?P<units>.+) arrived: clear the units and close it",
        N_("{units} arrived: clear the units and close it"),
    ),
    (
        "first_field",
        r"a kind, a place, a call-back number or a word is needed",
        N_("A kind, a place, a call-back number or a word is needed"),
    ),
    ("ahead", r"at: lies ahead, it is (?P<time>\S+) in the city", N_("That time lies ahead: it is {time}")),
    ("long_ago", r"at: more than 24 h ago", N_("That is more than 24 hours ago")),
    ("before", r"at: before .+ \((?P<time>\S+)\)", N_("That is before it can have been ({time})")),
    ("needed", r"(?P<field>\w+): needed(?:, as text)?", N_("Something is missing: {field}")),
    ("one_of", r"(?:to|agency): one of (?P<agencies>.+)", N_("One of these: {agencies}")),
    ("leads", r"(?P<agency>\S+) leads this incident", N_("{agency} leads this incident")),
    ("offered", r"it is offered to (?P<agency>\S+) already", N_("It is offered to {agency} already")),
    ("not_offered", r"it was offered to nobody", N_("It was offered to nobody")),
    ("informed", r"the caller was told already", N_("The caller was told already")),
    (
        "offer_was",
        r"the offer to (?P<agency>\S+) was (?P<answer>[a-z]+)",
        N_("The offer to {agency} is over: {answer}"),
    ),
    ("agency_asked", r"(?P<agency>\S+) is asked already", N_("{agency} is asked already")),
    ("agency_not_asked", r"(?P<agency>\S+) was not asked", N_("{agency} was not asked")),
    (
        "agency_has",
        r"(?P<agency>\S+) has (?P<answer>accepted|declined) already",
        N_("{agency} has answered already: {answer}"),
    ),
    (
        "not_yours",
        r"(?P<agency>\S+) (?:leads|is asked): that is for its dispatchers to say",
        N_("That is for the dispatchers of {agency} to say"),
    ),
)
# What an agency answered.
ANSWERS: dict[str, str] = {
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "returned": N_("returned"),
}

WORDS: dict[str, str] = {
    **{f"refused.{name}": text for name, _, text in REASONS},
    **{f"refused.answer_{answer}": text for answer, text in ANSWERS.items()},
}
PLURALS: dict[str, tuple[str, str]] = {}


def patterns(rows: tuple[tuple[str, str, str], ...] = REASONS) -> list[list[str]]:
    """[name, pattern] as a browser reads them."""
    return [[name, f"^(?:{pattern.replace('?P<', '?<')})$"] for name, pattern, _ in rows]
