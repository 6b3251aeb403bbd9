"""The words of followed calls and of the floor's hand-over sheet, by the key the scripts use."""

from __future__ import annotations

from layouts.texts import mark

N_ = mark

FLOOR_WORDS: dict[str, str] = {
    "floor.name": N_("The floor of the hotline"),
    "floor.overdue": N_("Overdue: {n}"),
    "floor.due_soon": N_("Due within four hours: {n}"),
    "floor.returns": N_("Returns to review: {n}"),
    "floor.follow_ups": N_("Follow-ups waiting: {n}"),
    "floor.situation": N_("Open situations: {n}"),
    "floor.matter": N_("Known matters: {n}"),
    "floor.call": N_("Followed calls: {n}"),
    "floor.no_unit": N_("no unit yet"),
    "floor.unit": N_("{unit}: {n}"),
}

CALL_WORDS: dict[str, str] = {
    "call.none": N_("No call is followed now. A call stands here as long as its words are told."),
    "call.no_language": N_("language not known"),
    "call.over": N_("over"),
    "call.removed": N_("The call is over, and what was said in it has been removed."),
    "call.quiet": N_("Nothing has been said yet."),
    "call.last": N_("last words {age} ago"),
    "call.machine": N_("machine translation"),
    "call.by": N_("translated by {who}"),
    "call.awaited": N_("not translated yet"),
    "call.agent": N_("agent {who}"),
    "call.interpreter": N_("interpreter: {who}"),
    "call.no_interpreter": N_("no interpreter"),
    "call.supervisor": N_("listening in: {who}"),
    "call.case": N_("Case {id}"),
    "speaker.caller": N_("The caller"),
    "speaker.agent": N_("The agent"),
    "speaker.interpreter": N_("The interpreter"),
    "act.join_call": N_("Join as interpreter"),
    "act.listen_call": N_("Listen in"),
    "act.leave_call": N_("Leave the call"),
    "did.join_call": N_("Join call {id}"),
    "did.leave_call": N_("Leave call {id}"),
    "key.next_call": N_("Next followed call"),
    "key.interpret": N_("Join the open call as interpreter, or leave it"),
}
