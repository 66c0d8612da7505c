"""Faults of WHMCS before and after its work, and the visible result of each."""

from typing import Final

from bot.domain.resets import Method
from sandbox.whmcs import FaultKind
from tests.reliability.fault import Break, Fault
from tests.reliability.scenario import EMAIL, SET, Message, Scenario, Whmcs, form, message
from tests.reliability.scenario_run import ScenarioRun

LOST: Final = "the connection to WHMCS was lost before it answered."
LATE: Final = "WHMCS did not answer in time."
UNUSABLE: Final = "WHMCS returned an answer that can’t be used."
PAGE: Final = "WHMCS returned a web page"
BROKE_OFF: Final = "WHMCS stopped with an internal error."


def at_the_write(kind: FaultKind, *, times: int | None = None, seconds: float = 0.0) -> Break:
    def order(run: ScenarioRun) -> None:
        run.break_whmcs(run.write, kind, times=times, seconds=seconds)

    return order


def at_the_check(kind: FaultKind) -> Break:
    def order(run: ScenarioRun) -> None:
        run.break_whmcs("GetClientsDetails", kind)

    return order


def result_is_lost_as_well(run: ScenarioRun) -> None:
    run.break_whmcs(run.write, "drop_after")
    run.break_whmcs("result", "html")


def mail_unknown(name: str, fault: str, reason: str, why: str, whmcs: Whmcs) -> Scenario:
    return Scenario(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=whmcs,
        reads=form("It is not known whether WHMCS sent the e-mail", why, "Look at the client’s Emails tab"),
        audit=("STARTED", f"UNKNOWN {reason}"),
    )


def mail_sent(name: str, fault: str) -> Scenario:
    return Scenario(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=Whmcs.MAIL,
        reads=form("WHMCS sent a password-reset e-mail"),
        audit=("STARTED", "SUCCEEDED"),
    )


def password_set(name: str, fault: str) -> Scenario:
    return Scenario(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=form("was changed. The new one is in a direct message that only you can see"),
        message=Message.PASSWORD,
        audit=("STARTED", "SUCCEEDED"),
    )


def password_settled(name: str, fault: str, reason: str, whmcs: Whmcs, settled: str, words: str) -> Scenario:
    return Scenario(
        name=name,
        method=SET,
        fault=fault,
        whmcs=whmcs,
        reads=(*form("It is not known whether the password"), *message(words)),
        message=Message.NOTICE,
        audit=("STARTED", f"UNKNOWN {reason}", f"SETTLED {settled}"),
    )


def nothing_changed(name: str, method: Method, fault: str, reason: str, why: str) -> Scenario:
    return Scenario(
        name=name,
        method=method,
        fault=fault,
        reads=form(why, "Nothing was changed."),
        message=Message.NONE if method is EMAIL else Message.NOTICE,
        audit=("STARTED", f"FAILED {reason}"),
    )


STAYED: Final = "stayed as it was. Nothing was changed."
SET_AGAIN: Final = "was changed, but the new one was not delivered to you. If you have not set it since, set it again."

FAULTS: Final = (
    *(
        Fault(
            nothing_changed("check_late", method, "The check of the user: no answer in time", "timed_out", LATE),
            at_the_check("held_before"),
        )
        for method in (EMAIL, SET)
    ),
    *(
        Fault(
            nothing_changed(
                "check_half",
                method,
                "The check of the user: truncated answer",
                "connection_lost",
                "The connection to WHMCS",
            ),
            at_the_check("truncated"),
        )
        for method in (EMAIL, SET)
    ),
    Fault(
        mail_unknown(
            "lost_before", "Connection lost before WHMCS executes the call", "connection_lost", LOST, Whmcs.AS_BEFORE
        ),
        at_the_write("drop_before"),
    ),
    Fault(
        password_settled(
            "lost_before",
            "Connection lost before WHMCS executes the call, on every attempt",
            "connection_lost",
            Whmcs.AS_BEFORE,
            "not_done",
            STAYED,
        ),
        at_the_write("drop_before"),
        is_settled=True,
    ),
    Fault(
        password_set("lost_before_once", "Connection lost before WHMCS executes the call, once"),
        at_the_write("drop_before", times=1),
    ),
    Fault(
        mail_unknown("lost_after", "Answer lost after WHMCS executed the call", "connection_lost", LOST, Whmcs.MAIL),
        at_the_write("drop_after"),
    ),
    Fault(
        password_set("lost_after", "Answer lost after WHMCS executed the call, on every attempt"),
        at_the_write("drop_after"),
    ),
    Fault(
        password_settled(
            "result_lost",
            "Answer lost after WHMCS executed the call, and the companion does not report the result",
            "connection_lost",
            Whmcs.PASSWORD,
            "not_delivered",
            SET_AGAIN,
        ),
        result_is_lost_as_well,
        is_settled=True,
    ),
    Fault(
        mail_unknown("late_before", "No answer in time, call not executed", "timed_out", LATE, Whmcs.AS_BEFORE),
        at_the_write("held_before"),
    ),
    Fault(
        password_settled(
            "late_before",
            "No answer in time, call not executed, on every attempt",
            "timed_out",
            Whmcs.AS_BEFORE,
            "not_done",
            STAYED,
        ),
        at_the_write("held_before"),
        is_settled=True,
    ),
    Fault(
        mail_unknown("late_after", "No answer in time, call executed", "timed_out", LATE, Whmcs.MAIL),
        at_the_write("held_after"),
    ),
    Fault(password_set("late_after", "No answer in time, call executed, on every attempt"), at_the_write("held_after")),
    Fault(mail_sent("slow", "First byte after 10 s"), at_the_write("slow_after", seconds=10)),
    Fault(password_set("slow", "First byte after 10 s, on every attempt"), at_the_write("slow_after", seconds=10)),
    Fault(mail_unknown("drip", "One byte a second", "timed_out", LATE, Whmcs.MAIL), at_the_write("drip", seconds=1)),
    Fault(password_set("drip", "One byte a second, on every attempt"), at_the_write("drip", seconds=1)),
    Fault(mail_unknown("half", "Truncated answer", "connection_lost", LOST, Whmcs.MAIL), at_the_write("truncated")),
    Fault(password_set("half", "Truncated answer, on every attempt"), at_the_write("truncated")),
    Fault(
        mail_unknown("wrong_json", "JSON of an unexpected shape", "unusable_answer", UNUSABLE, Whmcs.MAIL),
        at_the_write("wrong_json"),
    ),
    Fault(password_set("wrong_json", "JSON of an unexpected shape, on every attempt"), at_the_write("wrong_json")),
    Fault(
        mail_unknown("html", "A maintenance page, call not executed", "web_page", PAGE, Whmcs.AS_BEFORE),
        at_the_write("html"),
    ),
    Fault(
        password_settled(
            "html",
            "A maintenance page, call not executed, on every attempt",
            "web_page",
            Whmcs.AS_BEFORE,
            "not_done",
            STAYED,
        ),
        at_the_write("html"),
        is_settled=True,
    ),
    Fault(
        mail_unknown("error_page", "An error page, call executed", "server_error", BROKE_OFF, Whmcs.MAIL),
        at_the_write("error_500_after"),
    ),
    Fault(
        password_set("error_page", "An error page, call executed, on every attempt"), at_the_write("error_500_after")
    ),
    Fault(mail_sent("php_warning", "A PHP warning before the JSON"), at_the_write("php_warning")),
    Fault(password_set("php_warning", "A PHP warning before the JSON"), at_the_write("php_warning")),
)

UNREACHABLE: Final = "WHMCS can’t be reached."
NO_TLS: Final = "No secure connection to WHMCS is possible"


def at_the_form(name: str, fault: str, why: str) -> tuple[Scenario, ...]:
    """Return the scenarios at the form, in which no method can be chosen."""
    return tuple(
        Scenario(name=name, method=method, fault=fault, reads=form(why, "Nothing was changed."), audit=())
        for method in (EMAIL, SET)
    )


NAMELESS: Final = at_the_form("name", "WHMCS’s host name can’t be resolved", UNREACHABLE)
INSECURE: Final = at_the_form("tls", "WHMCS does not use TLS", NO_TLS)
REFUSED: Final = (
    nothing_changed("refused", EMAIL, "Connection refused", "unreachable", UNREACHABLE),
    nothing_changed("refused", SET, "Connection refused, on every attempt", "unreachable", UNREACHABLE),
)

_SILENT: Final = "Five timeouts in a row, for any agents"
SILENT: Final = (
    nothing_changed("silent", EMAIL, _SILENT, "not_answering", "so no request was sent to it"),
    Scenario(
        name="silent",
        method=SET,
        fault=f"{_SILENT}, before the form is opened",
        reads=form("WHMCS has not answered since", "Nothing was changed."),
        audit=(),
    ),
)

SCENARIOS: Final = (*NAMELESS, *INSECURE, *(fault.scenario for fault in FAULTS), *REFUSED, *SILENT)
