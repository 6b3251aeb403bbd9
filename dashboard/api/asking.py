"""Operators' requests by HTTP: a verb goes into the requests stream, the engine's one answer comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from dashboard.api import audited
from dashboard.api.answers import Problem, bad
from dashboard.api.context import ApiContext
from dashboard.engine import arguments as given
from dashboard.engine import case_arguments as cases
from dashboard.engine import situation_arguments as situations
from dashboard.engine import warning_arguments as warnings
from dashboard.engine.verbs import callers, calls
from dashboard.outgoing.arguments import CancelAlert, PublishAlert, PublishNotice, WithdrawNotice
from dashboard.roles import Permission, Principal
from streams.codec import encode

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
POLL_S = 0.025
GRACE_S = 0.5  # the engine may decide at the last moment of its time

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Words = Annotated[str, msgspec.Meta(max_length=2_000)]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a verb needs; anything else is refused."""


class Erase(Arguments, frozen=True):
    subject: Annotated[str, msgspec.Meta(pattern=r"^(case|incident|call):.", max_length=210)]


# The verbs of the dispatch desk: who may ask for one may ask for all.
DESK: dict[str, type[msgspec.Struct]] = {
    "create_incident": given.CreateIncident,
    "triage": given.Triage,
    "escalate": given.Escalate,
    "further_alarm": given.FurtherAlarm,
    "relocate": given.Relocate,
    "contain": given.Contain,
    "note": given.Note,
    "cancel": given.Cancel,
    "close_incident": given.CloseIncident,
    "reopen_incident": given.ReopenIncident,
    "link": given.Link,
    "merge": given.Merge,
    "split": given.Split,
    "demote_incident": given.DemoteIncident,
    "ask_agency": given.AskAgency,
    "answer_agency": given.AnswerAgency,
    "declare_major": given.DeclareMajor,
    "report_casualties": given.ReportCasualties,
    "report_situation": given.ReportSituation,
    "report_hospital": given.ReportHospital,
    "call_back": given.CallBack,
    "dispatch": given.Dispatch,
    "acknowledge": given.Acknowledge,
    "report": given.Report,
    "divert": given.Divert,
    "stack": given.OfAssignment,
    "stand_down": given.StandDown,
    "clear_unit": given.ClearUnit,
    "signal_unit": given.SignalUnit,
    "ack_alarm": given.OfAlarm,
    "shelve_alarm": given.ShelveAlarm,
    "unshelve_alarm": given.OfAlarm,
    "unit_emergency": given.UnitDanger,
    "end_unit_emergency": given.EndUnitDanger,
    "check_in": given.CheckIn,
    "decline_situation": situations.DeclineSituation,
    "promote_situation": situations.PromoteSituation,
}
# The verbs of the hotline desk.
HOTLINE: dict[str, type[msgspec.Struct]] = {
    "dispatch_case": cases.DispatchCase,
    "review_return": cases.ReviewReturn,
    "follow_up": cases.FollowUp,
    "reopen_case": cases.ReopenCase,
    "regrade_case": cases.RegradeCase,
    "pause_case": cases.PauseCase,
    "resume_case": cases.OfCase,
    "note_case": cases.NoteCase,
    "merge_cases": cases.MergeCases,
    "unmerge_case": cases.UnmergeCase,
    "flag_case": cases.FlagCase,
    "unflag_case": cases.UnflagCase,
    "open_situation": situations.OpenSituation,
    "add_to_situation": situations.ChangeSituation,
    "remove_from_situation": situations.ChangeSituation,
    "offer_situation": situations.OfSituation,
    "close_situation": situations.CloseSituation,
    "merge_situations": situations.MergeSituations,
    "split_situation": situations.SplitSituation,
    "publish_matter": situations.PublishMatter,
    "withdraw_matter": situations.WithdrawMatter,
    "warning_case": warnings.WarningCase,
    "warning_situation": warnings.WarningSituation,
}
# What the body does that a case was dispatched to; the hotline does it for bodies that have nobody here.
OWN: dict[str, type[msgspec.Struct]] = {
    "accept_case": cases.OfCase,
    "ask_return": cases.AskReturn,
    "contact_case": cases.ContactCase,
    "handle_case": cases.HandleCase,
    "answer_case": cases.AnswerCase,
    "close_case": cases.CloseCase,
}
# Either desk's: who may ask for the one or the other may ask for these.
EITHER: dict[str, type[msgspec.Struct]] = {
    "promote_case": given.PromoteCase,
    "hand_over": given.HandOver,
    "answer_hand_over": given.AnswerHandOver,
    "undo": given.Undo,
    "acknowledge_warning": warnings.OfWarning,
    "dismiss_warning": warnings.DismissWarning,
}


@dataclass(frozen=True)
class Verb:
    """What a verb takes, who may ask for it, and how long the engine may take to decide."""

    arguments: type[msgspec.Struct]
    permission: Permission
    valid_s: float = 10.0
    other: Permission | None = None  # which serves as well

    def open_to(self, principal: Principal) -> bool:
        return principal.may(self.permission) or (self.other is not None and principal.may(self.other))

    def bound_to(self, principal: Principal) -> tuple[str, ...] | None:
        """The bodies whose cases alone the asker may do it with; None: any."""
        return principal.bodies if self.other is OWN_CASE and not principal.may(self.permission) else None

    def acting(self, principal: Principal) -> str:
        """The role in which somebody asks for it."""
        return str(principal.acting(self.permission, *([self.other] if self.other else [])))


OWN_CASE = Permission.REQUEST_OWN_CASE
VERBS: dict[str, Verb] = {
    **{name: Verb(shape, Permission.REQUEST_DISPATCH) for name, shape in DESK.items()},
    **{name: Verb(shape, Permission.REQUEST_CASE) for name, shape in HOTLINE.items()},
    **{name: Verb(shape, Permission.REQUEST_CASE, other=OWN_CASE) for name, shape in OWN.items()},
    **{name: Verb(shape, Permission.REQUEST_DISPATCH, other=Permission.REQUEST_CASE) for name, shape in EITHER.items()},
    "flag_caller": Verb(callers.FlagCaller, Permission.REQUEST_CASE),
    "second_flag": Verb(callers.OfCaller, Permission.REQUEST_CASE),
    "unflag_caller": Verb(callers.UnflagCaller, Permission.REQUEST_CASE),
    "join_call": Verb(calls.JoinCall, Permission.REQUEST_CASE),
    "leave_call": Verb(calls.LeaveCall, Permission.REQUEST_CASE),
    "erase": Verb(Erase, Permission.MANAGE),
    "publish_alert": Verb(PublishAlert, Permission.PUBLISH),
    "cancel_alert": Verb(CancelAlert, Permission.PUBLISH),
    "publish_notice": Verb(PublishNotice, Permission.PUBLISH),
    "withdraw_notice": Verb(WithdrawNotice, Permission.PUBLISH),
}


def ask(context: ApiContext, body: Any, principal: Principal, peer: str = "") -> tuple[dict[str, Any], int]:
    """(answer, status): 200 done, 409 refused with the reason. Raises Problem: 400, 403, 504 without an answer.

    A request id that was answered before gets that answer again, and nothing is asked twice. Each request that was
    asked is written down with its outcome before its answer is given.
    """
    name, verb, arguments, if_version, request_id = _understood(context, body, principal)
    said = msgspec.to_builtins(arguments)
    if (known := reply_of(context, request_id)) is not None:
        if not audited.is_written(context, request_id):
            audited.write_down(context, principal, peer, name, said, None, known[0], is_repeated=True)
        return known
    before = audited.standing(context, audited.subject_of(said))
    valid_until = context.now() + timedelta(seconds=verb.valid_s)
    entry = {
        "request_id": request_id,
        "verb": name,
        "actor": principal.name,
        "role": verb.acting(principal),
        "valid_until": valid_until,
        "if_version": if_version,
        "args": said,
        "bodies": verb.bound_to(principal),
    }
    deadline = context.monotonic() + verb.valid_s + GRACE_S
    context.client.xadd(context.keys.requests, {"e": encode(entry)})
    try:
        reply, status = _awaited(context, request_id, deadline)
    except Problem:
        unanswered = {"outcome": audited.UNANSWERED, "request_id": request_id}
        audited.write_down(context, principal, peer, name, said, before, unanswered)
        raise
    audited.write_down(context, principal, peer, name, said, before, reply)
    return reply, status


def reply_of(context: ApiContext, request_id: str) -> tuple[dict[str, Any], int] | None:
    """The engine's answer to a request, if there is one: kept for a day."""
    raw: Any = context.client.get(context.keys.reply(request_id))
    if raw is None:
        return None
    reply: dict[str, Any] = msgspec.json.decode(raw)
    return reply, 200 if reply.get("outcome") == "done" else 409


def read_reply(context: ApiContext, request_id: str) -> tuple[dict[str, Any], int]:
    """The same for one who asks again. Raises Problem 404 while there is none."""
    known = reply_of(context, request_id) if REQUEST_ID.fullmatch(request_id) else None
    if known is None:
        raise Problem(404, "no_answer", "no answer to this request: not decided yet, or unknown here")
    return known


def _awaited(context: ApiContext, request_id: str, deadline: float) -> tuple[dict[str, Any], int]:
    while (reply := reply_of(context, request_id)) is None:
        if context.monotonic() >= deadline:
            where = f"/api/v1/requests/{request_id}"
            message = "NOT SENT: no answer in time; it will not be carried out later. Ask there what became of it."
            raise Problem(504, "no_answer", message, request_id=request_id, ask=where)
        context.sleep(POLL_S)
    return reply


def _understood(
    context: ApiContext, body: Any, principal: Principal
) -> tuple[str, Verb, msgspec.Struct, int | None, str]:
    """The parts of a posted request. Raises Problem 400 that says what is needed, 403 to whom it is not open."""
    if not isinstance(body, dict):
        raise bad('send one request: {"verb": …, …}')
    name = body.get("verb")
    verb = VERBS.get(name) if isinstance(name, str) else None
    if verb is None:
        raise bad(f"verb: one of {', '.join(sorted(VERBS))}")
    if not verb.open_to(principal):
        raise Problem(403, "forbidden", f"role {principal.role} lacks {verb.permission}")
    if_version, request_id = body.get("if_version"), body.get("request_id") or context.new_id()
    if if_version is not None and (type(if_version) is not int or not 0 <= if_version < 1 << 62):
        raise bad("if_version: the `version` of what was seen, a whole number")
    if not isinstance(request_id, str) or not REQUEST_ID.fullmatch(request_id):
        raise bad("request_id: 1 to 100 letters, digits or . _ : -")
    given = {key: value for key, value in body.items() if key not in ("verb", "if_version", "request_id")}
    try:
        arguments = msgspec.convert(given, verb.arguments)
    except msgspec.ValidationError as error:
        raise bad(f"{name}: {error}; needs {', '.join(verb.arguments.__struct_fields__)}") from None
    return str(name), verb, arguments, if_version, request_id
