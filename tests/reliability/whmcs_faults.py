"""What WHMCS does wrong, before and after its work, and what is seen of each in the end."""

from typing import Final

from bot.domain.resets import Method
from sandbox.whmcs import FaultKind
from tests.reliability.case import Case
from tests.reliability.fault import Break, Fault
from tests.reliability.row import EMAIL, SET, Message, Row, Whmcs, form, message

LOST: Final = "the connection to WHMCS was lost before its answer."
LATE: Final = "WHMCS did not answer in time."
UNUSABLE: Final = "WHMCS answered with something that can’t be used."
PAGE: Final = "WHMCS answered with a web page"
BROKE_OFF: Final = "WHMCS stopped with an internal error."


def at_the_write(kind: FaultKind, *, times: int | None = None, seconds: float = 0.0) -> Break:
    def order(case: Case) -> None:
        case.break_whmcs(case.write, kind, times=times, seconds=seconds)

    return order


def at_the_check(kind: FaultKind) -> Break:
    def order(case: Case) -> None:
        case.break_whmcs("GetClientsDetails", kind)

    return order


def result_is_lost_as_well(case: Case) -> None:
    case.break_whmcs(case.write, "drop_after")
    case.break_whmcs("result", "html")


def mail_unknown(name: str, fault: str, reason: str, why: str, whmcs: Whmcs) -> Row:
    return Row(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=whmcs,
        reads=form("It is not known whether WHMCS sent the e-mail", why, "Look at the client’s Emails tab"),
        audit=("STARTED", f"UNKNOWN {reason}"),
    )


def mail_sent(name: str, fault: str) -> Row:
    return Row(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=Whmcs.MAIL,
        reads=form("WHMCS sent a password-reset e-mail"),
        audit=("STARTED", "SUCCEEDED"),
    )


def password_set(name: str, fault: str) -> Row:
    return Row(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=form("was changed. It is in a direct message to you alone"),
        message=Message.PASSWORD,
        audit=("STARTED", "SUCCEEDED"),
    )


def password_settled(name: str, fault: str, reason: str, whmcs: Whmcs, settled: str, words: str) -> Row:
    return Row(
        name=name,
        method=SET,
        fault=fault,
        whmcs=whmcs,
        reads=(*form("It is not known whether the password"), *message(words)),
        message=Message.NOTICE,
        audit=("STARTED", f"UNKNOWN {reason}", f"SETTLED {settled}"),
    )


def nothing_changed(name: str, method: Method, fault: str, reason: str, why: str) -> Row:
    return Row(
        name=name,
        method=method,
        fault=fault,
        reads=form(why, "Nothing was changed."),
        message=Message.NONE if method is EMAIL else Message.NOTICE,
        audit=("STARTED", f"FAILED {reason}"),
    )


STAYED: Final = "stayed as it was. Nothing was changed."
SET_AGAIN: Final = "was changed, but the new one was not delivered to you. If you have not done so since, set it again."

FAULTS: Final = (
    *(
        Fault(
            nothing_changed("check_late", method, "The check before it: no answer in time", "timed_out", LATE),
            at_the_check("held_before"),
        )
        for method in (EMAIL, SET)
    ),
    *(
        Fault(
            nothing_changed(
                "check_half",
                method,
                "The check before it: half an answer",
                "connection_lost",
                "The connection to WHMCS",
            ),
            at_the_check("truncated"),
        )
        for method in (EMAIL, SET)
    ),
    Fault(
        mail_unknown("lost_before", "Connection lost before the work", "connection_lost", LOST, Whmcs.AS_BEFORE),
        at_the_write("drop_before"),
    ),
    Fault(
        password_settled(
            "lost_before",
            "Connection lost before the work, at every attempt",
            "connection_lost",
            Whmcs.AS_BEFORE,
            "not_done",
            STAYED,
        ),
        at_the_write("drop_before"),
        is_settled=True,
    ),
    Fault(
        password_set("lost_before_once", "Connection lost before the work, once"), at_the_write("drop_before", times=1)
    ),
    Fault(
        mail_unknown("lost_after", "Answer lost after the work", "connection_lost", LOST, Whmcs.MAIL),
        at_the_write("drop_after"),
    ),
    Fault(password_set("lost_after", "Answer lost after the work, at every attempt"), at_the_write("drop_after")),
    Fault(
        password_settled(
            "result_lost",
            "Answer lost after the work, and the companion does not tell the result either",
            "connection_lost",
            Whmcs.PASSWORD,
            "not_delivered",
            SET_AGAIN,
        ),
        result_is_lost_as_well,
        is_settled=True,
    ),
    Fault(
        mail_unknown("late_before", "No answer in time, and no work", "timed_out", LATE, Whmcs.AS_BEFORE),
        at_the_write("held_before"),
    ),
    Fault(
        password_settled(
            "late_before",
            "No answer in time, and no work, at every attempt",
            "timed_out",
            Whmcs.AS_BEFORE,
            "not_done",
            STAYED,
        ),
        at_the_write("held_before"),
        is_settled=True,
    ),
    Fault(
        mail_unknown("late_after", "No answer in time after the work", "timed_out", LATE, Whmcs.MAIL),
        at_the_write("held_after"),
    ),
    Fault(password_set("late_after", "No answer in time after the work, at every attempt"), at_the_write("held_after")),
    Fault(mail_sent("slow", "First byte after 10 s"), at_the_write("slow_after", seconds=10)),
    Fault(password_set("slow", "First byte after 10 s, at every attempt"), at_the_write("slow_after", seconds=10)),
    Fault(mail_unknown("drip", "One byte a second", "timed_out", LATE, Whmcs.MAIL), at_the_write("drip", seconds=1)),
    Fault(password_set("drip", "One byte a second, at every attempt"), at_the_write("drip", seconds=1)),
    Fault(mail_unknown("half", "Half an answer", "connection_lost", LOST, Whmcs.MAIL), at_the_write("truncated")),
    Fault(password_set("half", "Half an answer, at every attempt"), at_the_write("truncated")),
    Fault(
        mail_unknown("wrong_json", "JSON of another shape", "unusable_answer", UNUSABLE, Whmcs.MAIL),
        at_the_write("wrong_json"),
    ),
    Fault(password_set("wrong_json", "JSON of another shape, at every attempt"), at_the_write("wrong_json")),
    Fault(
        mail_unknown("html", "A maintenance page in place of the work", "web_page", PAGE, Whmcs.AS_BEFORE),
        at_the_write("html"),
    ),
    Fault(
        password_settled(
            "html",
            "A maintenance page in place of the work, at every attempt",
            "web_page",
            Whmcs.AS_BEFORE,
            "not_done",
            STAYED,
        ),
        at_the_write("html"),
        is_settled=True,
    ),
    Fault(
        mail_unknown("error_page", "An error page after the work", "server_error", BROKE_OFF, Whmcs.MAIL),
        at_the_write("error_500_after"),
    ),
    Fault(
        password_set("error_page", "An error page after the work, at every attempt"), at_the_write("error_500_after")
    ),
    Fault(mail_sent("php_warning", "A PHP warning before the JSON"), at_the_write("php_warning")),
    Fault(password_set("php_warning", "A PHP warning before the JSON"), at_the_write("php_warning")),
)

UNREACHABLE: Final = "WHMCS can’t be reached."
NO_TLS: Final = "No secure connection to WHMCS is possible"


def at_the_form(name: str, fault: str, why: str) -> tuple[Row, ...]:
    """Nothing can be chosen, so the method makes no difference."""
    return tuple(
        Row(name=name, method=method, fault=fault, reads=form(why, "Nothing was changed."), audit=())
        for method in (EMAIL, SET)
    )


NAMELESS: Final = at_the_form("name", "WHMCS’s name is not resolved", UNREACHABLE)
INSECURE: Final = at_the_form("tls", "WHMCS speaks no TLS", NO_TLS)
REFUSED: Final = (
    nothing_changed("refused", EMAIL, "Connection refused", "unreachable", UNREACHABLE),
    nothing_changed("refused", SET, "Connection refused, at every attempt", "unreachable", UNREACHABLE),
)

_SILENT: Final = "No answer in time five times in a row, to anybody"
SILENT: Final = (
    nothing_changed("silent", EMAIL, _SILENT, "not_answering", "so it was not asked"),
    Row(
        name="silent",
        method=SET,
        fault=f"{_SILENT}, before the form is opened",
        reads=form("WHMCS has not answered since", "Nothing was changed."),
        audit=(),
    ),
)

ROWS: Final = (*NAMELESS, *INSECURE, *(fault.row for fault in FAULTS), *REFUSED, *SILENT)
