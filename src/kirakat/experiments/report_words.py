"""How numbers of a report are written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from kirakat.experiments.report_facts import LiftRow, Panel
from kirakat.stats.estimate import Estimate, NotEstimable, Result
from kirakat.stats.sample_ratio import SampleRatio

NOT_ESTIMABLE: Final = "not estimable"
PANEL_TITLES: Final[dict[Panel, str]] = {
    "phase 1": "Phase I: treatments against the original",
    "phase 2 recipes": "Phase II: new recipe against the old one",
    "phase 2 original": "Phase II: new recipe against the original",
    "phase 3": "Phase III: chosen prompt against a random one",
    "other": "Other comparisons",
}


def percent(value: float, digits: int = 1) -> str:
    """A relative change, with its sign, such as "+12.6 %"."""
    rounded = round(100 * value, digits)
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}\N{NO-BREAK SPACE}%"


def share(value: float, digits: int = 2) -> str:
    """A rate, such as "2.05 %"."""
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def chance(value: float) -> str:
    """A probability, such as "97 %" or "more than 99.9 %"."""
    if value > 0.999:
        return "more than 99.9\N{NO-BREAK SPACE}%"
    return "less than 0.1\N{NO-BREAK SPACE}%" if value < 0.001 else share(value, 1)


def limits(result: Result, digits: int = 1) -> str:
    """An interval, such as "+9.5 to +15.8 %"."""
    if isinstance(result, NotEstimable):
        return NOT_ESTIMABLE
    low = percent(result.low, digits).removesuffix("\N{NO-BREAK SPACE}%")
    return f"{low} to {percent(result.high, digits)}"


def lift(result: Result) -> str:
    """The relative change, or that there is none."""
    return NOT_ESTIMABLE if isinstance(result, NotEstimable) else percent(result.value)


def p_value(value: float | None) -> str:
    """Such as "< .001" or ".042"."""
    if value is None:
        return "\N{EN DASH}"
    if value < 0.001:
        return "<\N{NO-BREAK SPACE}.001"
    return f"{value:.3f}".lstrip("0") if value < 0.9995 else "1"


def p_of(result: Result) -> str:
    """The p-value of an estimate."""
    return p_value(result.p_value if isinstance(result, Estimate) else None)


def day(at: datetime | date | None) -> str:
    """Such as "2 March 2026"."""
    return f"{at.day} {at:%B %Y}" if at else "\N{EN DASH}"


def days(first: datetime | None, last: datetime | None) -> str:
    """Such as "2 to 22 Mar 2026", with a dash."""
    if first is None or last is None:
        return "\N{EN DASH}"
    if first.date() == last.date():
        return day(first)
    shorter = (
        "{0.day}" if (first.year, first.month) == (last.year, last.month) else "{0.day} {0:%B}"
    )
    begin = shorter.format(first) if first.year == last.year else day(first)
    return f"{begin} \N{EN DASH} {last.day} {last:%b %Y}"


def row_name(row: LiftRow) -> str:
    """Such as "generated over original, home"."""
    where = f", {row.catalog}" if row.catalog else ""
    return f"{row.treated} over {row.control}{where}"


def sample_ratio_badge(found: SampleRatio | NotEstimable) -> tuple[str, str]:
    """Verdict of the badge ("pass", "reject" or "review") and its text."""
    if isinstance(found, NotEstimable):
        return "review", "SRM not checked"
    if found.is_mismatch:
        return "reject", f"SRM, p {p_value(found.p_value)}"
    return "pass", f"no SRM, p {p_value(found.p_value)}"


def headline(row: LiftRow) -> str:
    """The answer in one sentence."""
    found = row.lift
    if isinstance(found, NotEstimable):
        return f"How {row.treated} compares with {row.control} is not estimable: {found.reason}."
    p_told = p_of(found) if found.p_value < 0.001 else f"= {p_of(found)}"
    kind = "interval" if row.is_final else "interval valid at every look"
    says = f"({percent(found.value)}; {kind} {limits(found)}, p {p_told})"
    says = says.replace("p =", "p\N{NO-BREAK SPACE}=").replace("= ", "=\N{NO-BREAK SPACE}")
    if found.low > 0:
        return f"{row.treated} is clicked more often than {row.control} {says}."
    if found.high < 0:
        return f"{row.treated} is clicked less often than {row.control} {says}."
    return f"No difference between {row.treated} and {row.control} was found {says}."
