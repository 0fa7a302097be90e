"""Requests: what somebody wants done, and the sentence that says why it cannot be."""

from typing import Any, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from alerts.action import Kind
from alerts.alert import Level
from alerts.case import Case, Finding, Reason
from alerts.snooze import Scope


class Request(BaseModel):
    """What somebody wants done; which fields count depends on the kind.

    | kind | fields |
    |---|---|
    | acknowledge | case, comment |
    | assign | case, to, comment |
    | escalate | case, to (may be left out), comment |
    | close, correct | case, verdict, cause, comment |
    | reopen, comment, view_accounts | case, comment |
    | hand_over | giver (else the actor), to, comment |
    | snooze | scope, value, until, comment (why), up_to |
    | unsnooze | snooze_id, comment |
    | report_miss | case (a match), typology, when, comment (why) |
    | reidentify | case, accounts (pseudonyms), recognised (how many of them), comment (why) |

    `case` is a match, a case id or an alert id. Nothing is checked here but types; `Cases.decide`
    says what is missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: Kind
    case: str = ""
    to: str = ""
    giver: str = ""
    verdict: Finding | None = None
    cause: str = ""
    comment: str = ""
    scope: Scope | None = None
    value: str = ""
    until: AwareDatetime | None = None
    up_to: Level | None = None
    snooze_id: str = ""
    typology: str = ""
    when: AwareDatetime | None = None
    accounts: tuple[str, ...] = ()
    recognised: int = 0

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Request | Refusal":
        """Read a request from outside; a wrong field becomes a refusal that names it."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "request"
            return Refusal(Reason.INCOMPLETE, f"{name}: {first['msg']}")


class Refusal(NamedTuple):
    """Why a request cannot be done: a reason for programs and a sentence for people."""

    reason: Reason
    sentence: str

    @classmethod
    def of(cls, reason: Reason, request: Request, case: Case | None = None) -> Self:
        """Refuse a request with the sentence that belongs to the reason."""
        return cls(reason, _sentence(reason, request, case))


_NEEDS: dict[Kind, str] = {
    Kind.ASSIGN: "somebody to assign it to",
    Kind.CLOSE: "a verdict, a comment, and a cause if it is innocent",
    Kind.CORRECT: "a verdict, a comment, and a cause if it is innocent",
    Kind.REOPEN: "a comment that says why",
    Kind.COMMENT: "a comment",
    Kind.HAND_OVER: "somebody to hand over to, and a note",
    Kind.SNOOZE: "a scope, a value, an end and a reason; red only for a match",
    Kind.UNSNOOZE: "the id of a snooze",
    Kind.REIDENTIFY: "pseudonyms, and a comment that says why",
    Kind.REPORT_MISS: "the match, the typology, when it was, and why you think so",
}


_SENTENCES: dict[Reason, str] = {
    Reason.ROLE: "your role may not do this: {what}",
    Reason.UNKNOWN_CASE: "there is no case {asked!r}; name a match, a case id or an alert id",
    Reason.CLOSED: "{which} is closed; a supervisor can reopen it",
    Reason.NOT_CLOSED: "{which} is not closed: {what} is for closed ones",
    Reason.ALREADY: "{which}: {what} would change nothing",
    Reason.NOT_THEIRS: "{giver} has no open case to hand over",
    Reason.INCOMPLETE: "{what} needs {needs}",
    Reason.TOO_LONG: "that snooze would last longer than is allowed (lifecycle.longest_snooze_h)",
    Reason.OVER: "{what}: the end of that snooze has passed",
    Reason.UNKNOWN_SNOOZE: "there is no snooze {snooze!r}",
    Reason.NOT_DUE: "{which} has no deadline that was missed",
}


def _sentence(reason: Reason, request: Request, case: Case | None) -> str:
    return _SENTENCES[reason].format(
        what=request.kind.value.replace("_", " "),
        which=f"the case of {case.match}" if case else "it",
        asked=request.case,
        giver=request.giver or "you",
        needs=_NEEDS.get(request.kind, "more than was given"),
        snooze=request.snooze_id,
    )
