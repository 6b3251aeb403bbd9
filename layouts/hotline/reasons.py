"""Why the engine refuses what the hotline asks, in the languages of the desk; as `layouts.dispatch.reasons`.

Pure data. A page of the hotline says these before the dispatchers', which it may hear as well.
"""

from __future__ import annotations

from layouts.texts import mark as N_

# (name, pattern, text). The first that fits the whole reason is said. The order is from the longer to the shorter.
REASONS: tuple[tuple[str, str, str], ...] = (
    ("hotline_that_code", r"code: .+ is none of .+", N_("The rules know no such kind of reason")),
    (
        "hotline_asked_back",
        r"case (?P<case>\S+) was asked back (?P<n>\d+) times: no more than \d+",
        N_("The return of {case} was asked for as often as the rules allow ({n})"),
    ),
    (
        "hotline_back_until",
        r"case (?P<case>\S+) could be given back until (?P<time>\S+)",
        N_("{case} could be given back until {time}"),
    ),
    (
        "hotline_deny_why",
        r"reason: needed when a return is not granted",
        N_("A return that is not granted needs a reason"),
    ),
    (
        "hotline_granted_goes",
        r"owner: only a granted return goes to somebody else",
        N_("Only a granted return goes to somebody else"),
    ),
    ("hotline_asker", r"owner: (?P<owner>.+) is who asks to give it back", N_("{owner} is who asks to give it back")),
    (
        "hotline_own_return",
        r"case (?P<case>\S+): you asked for the return, somebody else must review it",
        N_("You asked for the return of {case}: somebody else must review it"),
    ),
    (
        "hotline_complaint",
        r"case (?P<case>\S+) is a complaint: it is handled, not answered",
        N_("{case} is a complaint: it is handled, not answered"),
    ),
    (
        "hotline_asked_already",
        r"case (?P<case>\S+) was followed up: reopen it, or note what was said since",
        N_("{case} was followed up: reopen it, or note what was said since"),
    ),
    ("hotline_not_yours", r"case (?P<case>\S+) is not with your body", N_("{case} is not with your body")),
    ("hotline_is_open", r"case (?P<case>\S+) is open", N_("{case} is open")),
    ("hotline_part", r"case (?P<case>\S+) is part of (?P<other>\S+)", N_("{case} is part of {other}")),
    ("hotline_that_grade", r"grade: .+ is none of .+", N_("There is no such grade")),
    (
        "hotline_same_grade",
        r"case (?P<case>\S+) has grade (?P<grade>.*) already",
        N_("{case} has grade {grade} already"),
    ),
    (
        "hotline_pause_grades",
        r"reason: .+ is for grades (?P<grades>.+), this is .+",
        N_("For that reason the clock stands only for grades {grades}"),
    ),
    ("hotline_that_pause", r"reason: .+ is none of .+", N_("The rules let no clock stand for that reason")),
    (
        "hotline_stands",
        r"case (?P<case>\S+) stands already: resume it first",
        N_("The clock of {case} stands already: let it run first"),
    ),
    (
        "hotline_no_deadline",
        r"case (?P<case>\S+) has no deadline that could stand",
        N_("{case} has no deadline that could stand"),
    ),
    (
        "hotline_was_due",
        r"case (?P<case>\S+) was due (?P<time>\S+): too late for a pause",
        N_("{case} was due at {time}: too late for a pause"),
    ),
    (
        "hotline_lies_behind",
        r"until: lies behind, it is (?P<time>\S+) in the city",
        N_("That time lies behind: it is {time}"),
    ),
    (
        "hotline_days_ahead",
        r"until: (?:at most|within) (?P<n>[\d.]+) days (?:ahead(?: for .+)?|from now, it is \S+ in the city)",
        N_("From now on, and at most so many days ahead: {n}"),
    ),
    ("hotline_runs", r"case (?P<case>\S+) does not stand(?: any more)?", N_("The clock of {case} does not stand")),
    (
        "hotline_asks_back",
        r"case (?P<case>\S+): (?P<owner>.+) asks to give it back; review that",
        N_("{owner} asks to give {case} back: review that"),
    ),
    ("hotline_with_owner", r"case (?P<case>\S+) is with (?P<owner>.+) already", N_("{case} is with {owner} already")),
    ("hotline_two_cases", r"into: needs two different cases", N_("Needs two different cases")),
    (
        "hotline_leads_others",
        r"case (?P<case>\S+) leads \d+: merge the other way round",
        N_("Others are merged into {case}: merge the other way round"),
    ),
    (
        "hotline_incident_leads",
        r"case (?P<case>\S+) is incident (?P<incident>\S+): merge the other way round",
        N_("{case} is incident {incident}: merge the other way round"),
    ),
    (
        "hotline_join",
        r"case (?P<case>\S+) is incident (?P<incident>\S+): join that one",
        N_("{case} is incident {incident}: join that one"),
    ),
    ("hotline_alone", r"case (?P<case>\S+) is no part of .+", N_("{case} is no part of another")),
    ("hotline_no_label", r"case (?P<case>\S+) has no label .+", N_("{case} has no such label")),
    (
        "hotline_not_now",
        r"case (?P<case>\S+) cannot be .+ while (?P<stage>.+)",
        N_("{case} is “{stage}”: that cannot be done now"),
    ),
    ("hotline_nothing", r"case (?P<case>\S+): that changes nothing", N_("{case}: that changes nothing")),
    (
        "hotline_went_on",
        r"case (?P<case>\S+) went on since: it is (?P<stage>.+)",
        N_("{case} went on since: it is “{stage}”"),
    ),
    (
        "hotline_done_there",
        r"dispatch_case cannot be undone: something was done by who had it; dispatch it back",
        N_("Something was done by who had it: dispatch it back instead"),
    ),
    (
        "hotline_both_open",
        r"cases (?P<case>\S+) and (?P<other>\S+) are not both open, each for itself, any more",
        N_("{case} and {other} are not both open any more"),
    ),
    ("hotline_situation_known", r"situation \S+ exists already", N_("This situation exists already")),
    (
        "hotline_situation_has",
        r"situation (?P<situation>\S+) has those cases already",
        N_("“{situation}” has those cases already"),
    ),
    (
        "hotline_situation_full",
        r"case_ids: a situation has at most (?P<n>\d+) cases",
        N_("A situation has no more cases than {n}"),
    ),
    (
        "hotline_not_in_situation",
        r"case (?P<case>\S+) is not in situation (?P<situation>\S+)",
        N_("{case} is not in “{situation}”"),
    ),
    (
        "hotline_situation_empty",
        r"situation (?P<situation>\S+) would have no case left: close it",
        N_("“{situation}” would have no case left: close it"),
    ),
    (
        "hotline_part_empty",
        r"situation (?P<situation>\S+) would have no case left: open a new one",
        N_("This part would have no case left: open a new situation"),
    ),
    (
        "hotline_situation_part",
        r"situation (?P<part>\S+) is part of (?P<situation>\S+)",
        N_("It is part of “{situation}” now"),
    ),
    ("hotline_situation_alone", r"situation \S+ is no part of another", N_("This situation is no part of another")),
    ("hotline_situation_unknown", r"situation \S+ is unknown", N_("This situation is unknown")),
    (
        "hotline_situation_is",
        r"situation (?P<situation>\S+) is (?P<state>open|offered|declined|promoted|closed)",
        N_("“{situation}”: {state}, so that cannot be done"),
    ),
    (
        "hotline_situation_changed",
        r"situation (?P<situation>\S+) was changed since",
        N_("“{situation}” was changed since"),
    ),
    (
        "hotline_situation_declined",
        r"it was declined before: ask the dispatcher to decline it again",
        N_("It was declined before: ask the dispatcher to decline it again"),
    ),
    ("hotline_incident_went_on", r"incident (?P<incident>\S+) went on since", N_("Incident {incident} went on since")),
    (
        "hotline_kind_needed",
        r"kind: needed, or incident_id of one that is known already",
        N_("A kind of incident is needed, or an incident that is known already"),
    ),
    (
        "hotline_in_situation",
        r"case (?P<case>\S+) is in situation (?P<situation>\S+)",
        N_("{case} is in “{situation}” already"),
    ),
    ("hotline_two_situations", r"into: needs two different situations", N_("Needs two different situations")),
    (
        "hotline_both_incidents",
        r"situations \S+ and \S+ are incidents: merge the incidents",
        N_("Both situations are incidents: merge the incidents"),
    ),
    (
        "hotline_situation_incident",
        r"situation (?P<situation>\S+) is incident (?P<incident>\S+): merge the other way round",
        N_("“{situation}” is incident {incident}: merge the other way round"),
    ),
    ("hotline_cell_unknown", r"cells: .+ is no H3 cell of resolution \d+ to \d+", N_("That is no cell of the map")),
    ("hotline_script_empty", r"scripts: .+ has no words", N_("A script has no words")),
    ("hotline_matter_unknown", r"matter \S+ is unknown", N_("There is no such known matter")),
    ("hotline_matter_over", r"matter \S+ is (?:withdrawn|over) already", N_("This known matter is over already")),
    ("hotline_matter_changed", r"matter \S+ was changed since", N_("This known matter was changed since")),
    ("hotline_zone", r"until: needs a zone", N_("That time needs a time zone")),
    (
        "hotline_label_until",
        r"until: needs a time from now to (?P<time>\S+) \((?P<n>\d+) days at most\)",
        N_("From now on, and at most so many days ahead: {n}"),
    ),
    (
        "hotline_labelled",
        r".+ already, by (?P<who>.+): take that back first",
        N_("{who} labelled or proposed it already: take that back first"),
    ),
    ("hotline_seconded", r"seconded already, by (?P<who>.+)", N_("{who} has agreed already")),
    (
        "hotline_second_person",
        r"this needs a second person: you proposed it",
        N_("This needs a second person: you proposed it"),
    ),
    (
        "hotline_nothing_said",
        r"nothing is said of this caller, or its time is over",
        N_("Nothing is said of this caller, or its time is over"),
    ),
    ("hotline_not_in_call", r"you are not in this call", N_("You are not in this call")),
    ("hotline_call_over", r"call .+ is not followed, or is over", N_("This call is over, or nobody can follow it")),
    ("hotline_in_call", r"you are in this call already, as \w+", N_("You are in this call already")),
    ("hotline_call_taken", r"(?P<who>.+) is in this call already, as \w+", N_("{who} is in this call already")),
)

WORDS: dict[str, str] = {f"refused.{name}": text for name, _, text in REASONS}
