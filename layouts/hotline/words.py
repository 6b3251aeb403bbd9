"""The words that the hotline desk's scripts put on the screen, by the key the scripts use."""

from __future__ import annotations

from typing import Any

from layouts.dispatch.words import words_for_desk
from layouts.hotline.call_words import CALL_WORDS, FLOOR_WORDS
from layouts.hotline.case_words import CASE_PLURALS, CASE_WORDS
from layouts.hotline.channel_words import CHANNEL_WORDS
from layouts.hotline.reasons import WORDS as REASON_WORDS
from layouts.texts import Language, gettext, mark, mark_plural, plural_forms
from layouts.wall.words import PLURALS as WALL_PLURALS
from layouts.wall.words import WORDS as WALL

N_, NN_ = mark, mark_plural

# Work list -> its name, in the order of the tabs; names are those of `GET /api/v1/worklists`.
LIST_NAMES: dict[str, str] = {
    "unassigned": N_("Unassigned"),
    "overdue": N_("Overdue"),
    "due_soon": N_("Due soon"),
    "returns": N_("Returns"),
    "follow_ups": N_("Follow-ups"),
    "similar": N_("Similar"),
    "repeat": N_("Repeat callers"),
    "foreign": N_("Foreign-language"),
    "enterprise": N_("Enterprise"),
    "open": N_("All open"),
}
# The lists of somebody who sees the cases of a body alone; the first of them is shown.
OWN_LISTS = ("open", "due_soon", "overdue", "returns")
# Parameter of a list -> what its select is called.
FILTER_NAMES: dict[str, str] = {
    "area": N_("Area"),
    "category": N_("Category"),
    "channel": N_("Channel"),
    "owner": N_("Owner"),
    "grade": N_("Grade"),
    "language": N_("Language"),
}
PANEL_NAMES: dict[str, str] = {
    "case": N_("Case"),
    "clusters": N_("Clusters"),
    "situations": N_("Situations"),
    "matters": N_("Known matters"),
    "calls": N_("Calls"),
    "ranking": N_("Ranking"),
}
MEASURES: dict[str, str] = {
    "due_4h": N_("Due within 4 hours"),
    "overdue": N_("Overdue cases"),
    "open": N_("Open cases"),
}

# What the hotline's desk says as the dispatchers' does, and as the wall does.
DESK_SHARED = (
    *("mode.", "link.", "age.", "source.", "panel.", "ask.", "undo.", "key.", "hint.", "place.", "priority.", "sheet."),
    "refused.",
)
WALL_SHARED = ("rate.", "legend.", "agent.", "channels.", "cell.")

WORDS: dict[str, str] = {
    "ask.not_yours": N_("Your role may look, but not act on cases"),
    "trouble.none": N_("This server does not have it yet."),
    "trouble.forbidden": N_("Your role may not see this."),
    "trouble.building": N_("The lists are being built or the server is busy; asking again."),
    "trouble.failed": N_("It cannot be had now; asking again."),
    "trouble.past": N_("Not known of the past"),
    "word.yes": N_("yes"),
    "word.no": N_("no"),
    "word.any": N_("any"),
    "word.nobody": N_("nobody for now"),
    "due.left": N_("{time} left"),
    "due.over": N_("{time} over"),
    "due.paused": N_("❚❚ paused"),
    "channel.none": N_("No channel with calls today."),
    "channel.no_agents": N_("No agent has signed in."),
    "channel.calm": N_("nobody waits"),
    "channel.waiting": N_("{n} waiting, longest {age}"),
    "channel.level_note": N_("service level of the last 30 minutes"),
    "channel.connected": N_("24 h"),
    "channel.abandoned": N_("gave up"),
    "channel.asa": N_("wait"),
    "channel.waits": N_("{mean}, 90 % ≤ {p90}"),
    "channel.waits_note": N_("mean wait of answered calls today, and the wait that nine of ten did not exceed"),
    "channel.aht": N_("handling"),
    "channel.occupancy": N_("busy"),
    "channel.spark": N_("Waiting in the last half hour, at most {top}"),
    "agent.signed_out": N_("signed out"),
    "column.grade": N_("Gr."),
    "column.due": N_("Deadline"),
    "column.category": N_("Category"),
    "column.area": N_("Area"),
    "column.stage": N_("State"),
    "column.owner": N_("Owner"),
    "column.channel": N_("Channel"),
    "column.age": N_("Age"),
    "column.id": N_("Case"),
    "flag.returned": N_("returned ×{n}"),
    "flag.reopened": N_("reopened ×{n}"),
    "flag.members": N_("+{n} merged"),
    "list.oldest": N_("the oldest is {age} old"),
    "list.unfilter": N_("Take this filter away"),
    "list.cell": N_("cell on the map"),
    "list.text": N_("“{text}”"),
    "list.changed": N_("Show what changed"),
    "list.none_filtered": N_("No case fits these filters. Take one away to see more."),
    "list.none_unassigned": N_("Every case has an owner. New ones stand here until they are dispatched."),
    "list.none_overdue": N_("No case is over its deadline."),
    "list.none_due_soon": N_("No deadline comes within four hours."),
    "list.none_returns": N_("No body asks to return a case."),
    "list.none_follow_ups": N_("No follow-up is due: closed cases come here when the caller is to be asked."),
    "list.none_similar": N_("No open case looks like another one."),
    "list.none_repeat": N_("No caller called again about an open matter."),
    "list.none_foreign": N_("No open case in a foreign language."),
    "list.none_enterprise": N_("No open case from an enterprise."),
    "list.none_open": N_("No open case."),
    "measure.open": N_("Open cases"),
    "measure.overdue": N_("Overdue cases"),
    "measure.due_4h": N_("Due within 4 hours"),
    "measure.will_miss": N_("Will miss (forecast)"),
    "map.filter": N_("click to filter the list"),
    "map.nowhere": N_("This case has no place on the map"),
    "cluster.none": N_("No cases that look like one matter. Clusters stand here and on the map as soon as there are."),
    "cluster.since": N_("since {time}"),
    "cluster.situation": N_("Its situation"),
    "cluster.show": N_("Show on the map"),
    "situation.none": N_("No situation. Open one from a cluster, or from cases marked in the list."),
    "situation.open": N_("being looked at"),
    "situation.offered": N_("offered to the dispatcher"),
    "situation.declined": N_("declined"),
    "situation.promoted": N_("incident"),
    "situation.closed": N_("closed"),
    "situation.offered_at": N_("offered at {time}"),
    "situation.incident": N_("incident {id}"),
    "situation.page": N_("Governance case"),
    "matter.none": N_("No known matter. Publish one and its script stands beside every case that it fits."),
    "matter.known": N_("Known matter: {what}"),
    "matter.until": N_("until {time}"),
    "matter.open_end": N_("end not known"),
    "matter.everywhere": N_("everywhere"),
    "matter.new": N_("Publish a known matter"),
    "ranking.none": N_("No unit was given a case in this month."),
    "ranking.rule": N_("Rule {version} of {dated}"),
    "ranking.label": N_("weights: {label}"),
    "ranking.response": N_("Response"),
    "ranking.resolution": N_("Resolution"),
    "ranking.satisfaction": N_("Satisfaction"),
    "ranking.few": N_("A rate needs 20 cases; ranks are ranges where rates cannot be told apart."),
    "ranking.of": N_("{n} of {of}"),
    "search.begin": N_("Two letters or digits begin the search"),
    "search.none": N_("Nothing found for “{text}”"),
    "found.phone": N_("number"),
    "found.tail": N_("last digits"),
    "found.id": N_("case"),
    "found.name": N_("name"),
    "found.address": N_("address"),
    "found.text": N_("text"),
    "caller.promise": N_("{id}: “{text}”"),
    "caller.number": N_("Show the number"),
    "caller.proposed": N_("Nuisance label proposed: {reason} (until {until}, {by}); a second person must agree"),
    "caller.nuisance": N_("Nuisance calls: {reason} (until {until}, {by})"),
    "similar.none": N_("No case looks like this one."),
    "similar.compare": N_("Compare"),
    "similar.open": N_("Open the other"),
    "similar.close": N_("Close the comparison"),
    "why.same_place": N_("same place"),
    "why.near": N_("near"),
    "why.same_hour": N_("same hour"),
    "why.same_day": N_("same day"),
    "why.same_category": N_("same category"),
    "why.same_words": N_("same words"),
    "why.similar_words": N_("similar words"),
    "why.other_language": N_("another language"),
    "guard.number": N_("other numbers"),
    "guard.opposite": N_("the opposite is said"),
    "guard.apart": N_("taken apart by a person"),
    "bulk.none": N_("Mark none"),
    "bulk.each_suggested": N_("each to whom the catalogue suggests"),
    "bulk.do": N_("{what}: {n}"),
    "bulk.progress": N_("{n} of {of} done"),
    "bulk.all_done": N_("All done."),
    "bulk.out": N_("left out: {stage}"),
    "bulk.most": N_("the first {n} are taken"),
    "form.missing": N_("Still needed: {what}"),
    "key.lists": N_("1 to 0: choose a work list"),
    "key.next_case": N_("Next case of the list"),
    "key.previous_case": N_("Previous case of the list"),
    "key.open_case": N_("Open the case"),
    "key.mark_case": N_("Mark the case, to do something with several"),
    "key.close_case": N_("Close the case, take a message away"),
    "key.search_cases": N_("Search while the caller waits"),
    "key.whole_city": N_("The whole city on the map"),
    "key.case_there": N_("The open case on the map"),
}

PLURALS: dict[str, tuple[str, str]] = {
    "list.rows": NN_("{n} case", "{n} cases"),
    "map.away": NN_("{n} without a place", "{n} without a place"),
    "cluster.said": NN_("{n} case: {what}, {where}", "{n} cases: {what}, {where}"),
    "situation.evidence": NN_("{n} case as evidence", "{n} cases as evidence"),
    "situation.new": NN_("Open a situation from {n} case", "Open a situation from {n} cases"),
    "matter.matched": NN_("fits {n} case", "fits {n} cases"),
    "ranking.excluded": NN_("{n} case left out by the rule", "{n} cases left out by the rule"),
    "ranking.waiting": NN_("{n} case waits for its follow-up", "{n} cases wait for their follow-up"),
    "search.found": NN_("{n} found in {ms} ms", "{n} found in {ms} ms"),
    "caller.cases": NN_("{n} case so far", "{n} cases so far"),
    "bulk.chosen": NN_("{n} marked", "{n} marked"),
    "bulk.will": NN_("{n} case will be asked for.", "{n} cases will be asked for."),
    "bulk.left_out": NN_("{n} is left out: it cannot be done now.", "{n} are left out: it cannot be done now."),
    "bulk.some_failed": NN_("{n} was not done: see why below.", "{n} were not done: see why below."),
}


def words_for_hotline(lang: Language) -> dict[str, Any]:
    """Key -> text, or key -> {plural category: text}, in the page's language."""
    _ = gettext(lang.id)
    said: dict[str, Any] = {key: _(text) for key, text in WALL.items() if key.startswith(WALL_SHARED)}
    said |= {key: plural_forms(lang.id, *forms) for key, forms in WALL_PLURALS.items() if key.startswith(WALL_SHARED)}
    said |= {key: text for key, text in words_for_desk(lang).items() if key.startswith(DESK_SHARED)}
    plain = CALL_WORDS | FLOOR_WORDS | CHANNEL_WORDS | REASON_WORDS
    for words, plurals in ((WORDS, PLURALS), (CASE_WORDS, CASE_PLURALS), (plain, {})):
        said |= {key: _(text) for key, text in words.items()}
        said |= {key: plural_forms(lang.id, *forms) for key, forms in plurals.items()}
    return said
