"""`serve --demo`: an empty database filled with seventy days of history, by ordinary commands.

The clock is set back for the time of the filling and moved from one command to the next; nothing
is written past the application, so the history replays like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib.resources import as_file, files
from random import Random

from api.company_file import CompanyFile, CompanyRow
from api.composition import Service
from api.credentials import credentials_of
from api.demonstration_looks import Looks
from api.demonstration_story import SHANGHAI, Story
from api.settings import SettingsInvalid
from api.test_clock import SettableClock
from domain.application import Tenure
from domain.errors import NotFound
from domain.orders import CONSOLE, Order

DAYS = 70
SEED = 20260305
TOKEN_DAYS = 90
Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the cast. The first role is the one that the member shows."""

    member: str
    name: str
    roles: tuple[str, ...]
    department: str


CAST = (
    Part("zhangwei", "张伟", ("seller",), "销售一部"),
    Part("lina", "李娜", ("seller",), "销售一部"),
    Part("wangqiang", "王强", ("seller",), "销售二部"),
    Part("liuyang", "刘洋", ("seller",), "销售二部"),
    Part("heping", "何平", ("seller",), "销售二部"),
    Part("chenjing", "陈静", ("manager",), "销售一部"),
    Part("zhaolei", "赵磊", ("director",), "销售中心"),
    Part("yangmin", "杨敏", ("reviewer",), "客户服务中心"),
    Part("zhouping", "周平", ("reviewer", "seller"), "客户服务中心"),
    Part("sunhao", "孙浩", ("risk",), "风控部"),
    Part("wuxia", "吴霞", ("finance",), "财务部"),
    Part("zhengtao", "郑涛", ("after-sales",), "售后部"),
    Part("fengyan", "冯燕", ("after-sales-manager",), "售后部"),
    Part("hejun", "何军", ("customer-manager",), "客户部"),
    Part("linfang", "林芳", ("marketing-manager",), "市场部"),
    Part("xuan", "许安", ("auditor",), "审计部"),
    Part("machao", "马超", ("administrator",), "信息部"),
)


DEPARTMENTS = (
    ("销售中心", "公司"),
    ("销售一部", "销售中心"),
    ("销售二部", "销售中心"),
    ("客户服务中心", "公司"),
    ("售后部", "客户服务中心"),
    ("客户部", "公司"),
    ("市场部", "公司"),
    ("风控部", "公司"),
    ("财务部", "公司"),
    ("审计部", "公司"),
    ("信息部", "公司"),
)
"""The company's departments, each with the one above it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A way in, for whoever tries the demonstration."""

    role: str
    member: str
    name: str
    token: str


def fill(service: Service, advance: Advance) -> list[Token]:
    """Fill an empty log; one token per role. A log that is filled already gets new tokens only.

    advance: told how much of the work is done. Raises SettingsInvalid where the log holds
    something else.
    """
    application, database = service.application, service.database
    if application.reader.settled_position():
        _require_cast(application)
        return _tokens_per_role({part.member: _token(application, part.member) for part in CAST})
    end = database.now()
    kept, clock = database.clock, SettableClock(_last_monday(end) - timedelta(days=DAYS))
    database.clock = clock
    try:
        application.open_log()
        for department, parent in DEPARTMENTS:
            application.place_department(Order(CONSOLE), department, parent=parent)
        tokens = {part.member: _joined(application, part, end) for part in CAST}
        signed = {member: credentials_of(token) for member, token in tokens.items()}
        drawn = Random(SEED)  # noqa: S311 - a story, the same each time; no secret
        story = Story(application, clock, drawn, signed, end)
        story.run(_companies(), advance)
        Looks(service, clock, signed).run(story.companies, end)
    finally:
        database.clock = kept
    return _tokens_per_role(tokens)


def _last_monday(at: datetime) -> datetime:
    """When the present week began. The story goes by weeks, so that it is the same on each day of
    one, as far as it has come."""
    local = at.astimezone(SHANGHAI)
    monday = local.date() - timedelta(days=local.weekday())
    return datetime.combine(monday, time.min, SHANGHAI).astimezone(at.tzinfo)


def _joined(application: Tenure, part: Part, end: datetime) -> str:
    application.add_member(
        Order(CONSOLE),
        member=part.member,
        name=part.name,
        roles=part.roles,
        department=part.department,
    )
    return _token(application, part.member, expires_at=end + timedelta(days=TOKEN_DAYS))


def _token(application: Tenure, member: str, *, expires_at: datetime | None = None) -> str:
    expires_at = expires_at or application.now() + timedelta(days=TOKEN_DAYS)
    receipt = application.issue_token(Order(CONSOLE), member, expires_at=expires_at)
    return str(receipt.extra["token"])


def _tokens_per_role(tokens: dict[str, str]) -> list[Token]:
    shown: dict[str, Token] = {}
    for part in CAST:
        role = part.roles[0]
        shown.setdefault(role, Token(role, part.member, part.name, tokens[part.member]))
    return list(shown.values())


def _require_cast(application: Tenure) -> None:
    application.open_log()
    try:
        for part in CAST:
            application.member_at(part.member)
    except NotFound as error:
        raise SettingsInvalid(
            zh="--demo 只用于空数据库；此数据库已有其他数据，请另选 --data 目录",
            en="--demo is for an empty database; this one holds something else, "
            "so choose another folder with --data",
        ) from error


def _companies() -> list[CompanyRow]:
    with as_file(files("api.sample") / "companies.csv") as path:
        return [row for row in CompanyFile(path) if isinstance(row, CompanyRow)]
