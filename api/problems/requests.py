"""Rows of the table of problems: requests not as they should be, and a service that cannot."""

from __future__ import annotations

from eventsourcing import persistence
from eventsourcing.application import AggregateNotFoundError

from api.problems.errors import DetailsUsedUp, MethodNotAllowed, TooLarge, UnsupportedType
from api.problems.row import Problem, Wording
from domain import errors

REQUESTS: tuple[Problem, ...] = (
    Problem(
        "version-conflict",
        412,
        Wording(
            "版本已变化",
            "当前版本是 {version}，与 If-Match 不符。",
            "您看到的版本之后又发生了别的事。请重新读取客户，确认后用新的 ETag 再次提交。",
        ),
        Wording(
            "The version has moved on",
            "The version is {version}, not the one in If-Match.",
            "Something happened since the version that you saw. Read the customer again and send "
            "with the new ETag.",
        ),
        (errors.VersionConflict,),
    ),
    Problem(
        "idempotency-mismatch",
        422,
        Wording(
            "幂等键已用于别的请求",
            "该 Idempotency-Key 已用于内容不同的请求。",
            "同一个键只能重发同一个请求（方法、路径与正文相同）。新的请求请用新的键。键保存三十天。",
        ),
        Wording(
            "The idempotency key belongs to another request",
            "This Idempotency-Key was used for a request with another content.",
            "A key repeats one request: same method, path and body. Use a new key for a new "
            "request. Keys are kept for thirty days.",
        ),
        (errors.IdempotencyMismatch,),
    ),
    Problem(
        "not-allowed",
        403,
        Wording(
            "没有权限",
            "此操作需要以下之一：{needs}。{condition}",
            "您当前的角色或令牌的范围不允许此操作。成员 needs 列出允许的角色；以 scope: 开头的是"
            "令牌须有的范围；成员 condition 说明您的角色只能用于哪些对象：own 为本人或本人名下，"
            "department 为本部门及其下级部门，空为完全不能。"
            "角色由管理员授予，范围在签发令牌时确定。",
        ),
        Wording(
            "Not allowed",
            "This needs one of: {needs}.{condition}",
            "Your roles at this instant, or the scopes of your token, do not permit it. The member "
            "`needs` lists the roles that do, or as `scope:…` the scopes; `condition` says what "
            "your roles reach: `own` yourself and what you hold, `department` your department and "
            "those below it, null nothing. Administrators grant roles; a token's scopes are set "
            "when it is issued.",
        ),
        (errors.NotAllowed,),
    ),
    Problem(
        "details-used-up",
        429,
        Wording(
            "今日查看客户详情已达上限",
            "今日最多可查看 {details_max} 家客户的详情；{until} 后可继续。",
            "制度（disclosure.details_a_day）按角色规定了每日可查看多少家客户的详情，同一客户一天只计"
            "一次。已看过的客户仍可查看；次日零点（北京时间）重新计数，见响应头 Retry-After。",
        ),
        Wording(
            "No more details today",
            "The details of {details_max} customers were seen today; there are more from {until}.",
            "The rulebook (`disclosure.details_a_day`) caps of how many customers a role sees the "
            "details on one day, each customer once. Those seen today can be seen again; the count "
            "begins anew at midnight in Asia/Shanghai, as the header `Retry-After` says.",
        ),
        (DetailsUsedUp,),
    ),
    Problem(
        "not-found",
        404,
        Wording(
            "找不到",
            "找不到 {kind}：{id}。",
            "该地址或编号下没有内容，请检查是否写错。",
        ),
        Wording(
            "Not found",
            "There is no such {kind}: {id}.",
            "There is nothing under this address or id. Check how it is written.",
        ),
        (errors.NotFound, AggregateNotFoundError),
    ),
    Problem(
        "not-signed-in",
        401,
        Wording(
            "未登录",
            "请在 Authorization: Bearer 中提供有效的令牌。",
            "没有令牌，或令牌不存在、已撤销、已过期。令牌由管理员用 tenure token 或接口签发。",
        ),
        Wording(
            "Not signed in",
            "Send a live token as Authorization: Bearer.",
            "There was no token, or it is unknown, revoked or expired. Administrators issue tokens "
            "with `tenure token` or over the API.",
        ),
        (errors.NotSignedIn,),
    ),
    Problem(
        "invalid",
        422,
        Wording(
            "请求内容有误",
            "有误的字段：{fields}。未保存任何内容。",
            "成员 invalid 逐一列出有误的字段：field 是正文中的路径（或参数、请求头的名称），"
            "code 是固定的代码，detail 说明哪里不对。",
        ),
        Wording(
            "The request is malformed",
            "Malformed: {fields}. Nothing was stored.",
            "The member `invalid` has one entry per field: `field` is its path in the body (or the "
            "name of the parameter or header), `code` a fixed word, `detail` what is wrong.",
        ),
        (errors.Invalid,),
    ),
    Problem(
        "method-not-allowed",
        405,
        Wording(
            "不支持此方法",
            "此地址不支持 {method}；支持：{allowed}。",
            "该地址存在，但不接受此 HTTP 方法。响应头 Allow 列出支持的方法。",
        ),
        Wording(
            "Method not allowed",
            "This address does not take {method}; it takes: {allowed}.",
            "The address exists but not for this HTTP method. The header `Allow` lists those that "
            "it takes.",
        ),
        (MethodNotAllowed,),
    ),
    Problem(
        "too-large",
        413,
        Wording(
            "请求正文过大",
            "请求正文最多 {bytes_max} 字节。",
            "正文超过了上限，未读完即被拒绝，未保存任何内容。大批录入请用 tenure import。",
        ),
        Wording(
            "The body is too large",
            "A body may have at most {bytes_max} bytes.",
            "The body was refused before it was read to its end; nothing was stored. Use `tenure "
            "import` for many customers.",
        ),
        (TooLarge,),
    ),
    Problem(
        "unsupported-type",
        415,
        Wording(
            "不支持的内容类型",
            "正文须为 UTF-8 的 application/json，不压缩。",
            "请设置 Content-Type: application/json，且不要使用 Content-Encoding。",
        ),
        Wording(
            "Unsupported content type",
            "The body must be application/json in UTF-8, not compressed.",
            "Send `Content-Type: application/json` and no `Content-Encoding`.",
        ),
        (UnsupportedType,),
    ),
    Problem(
        "view-behind",
        503,
        Wording(
            "视图尚未更新",
            "视图 {view} 还差 {lag} 个事件，请稍后重试。",
            "请求要求视图至少到达 Tenure-Min-Position，限时内未到。请稍后重试，"
            "或去掉该请求头以读取较旧的内容。",
        ),
        Wording(
            "A view is behind",
            "The view {view} has {lag} events still to fold; try again shortly.",
            "The view did not reach `Tenure-Min-Position` in time. Try again, or leave the header "
            "out to read what the view has now.",
        ),
        (errors.ViewBehind,),
        retry_after=1,
    ),
    Problem(
        "unavailable",
        503,
        Wording(
            "暂时不可用",
            "现在无法处理，请稍后重试。",
            "数据库暂时不可达，或同一客户上的竞争过多。请带上同一 Idempotency-Key 重试，"
            "这样即使上次其实已成功，也不会重复。",
        ),
        Wording(
            "Unavailable for the moment",
            "This cannot be done now; try again shortly.",
            "The database is out of reach, or too many raced for one customer. Try again with the "
            "same Idempotency-Key: should the first attempt have succeeded, nothing is done twice.",
        ),
        (
            errors.Unavailable,
            persistence.InterfaceError,
            persistence.OperationalError,
            persistence.InternalError,
            persistence.IntegrityError,
            persistence.RecordConflictError,
            persistence.WaitInterruptedError,
            persistence.ConnectionPoolClosedError,
            persistence.ConnectionUnavailableError,
        ),
        retry_after=1,
    ),
    Problem(
        "internal",
        500,
        Wording(
            "内部错误",
            "服务出错，已记入日志。请提供请求编号 {request_id}。",
            "这是本服务的缺陷。请把响应中的 request_id 告诉管理员。",
        ),
        Wording(
            "Internal error",
            "The service failed and logged it. Report the request id {request_id}.",
            "This is a defect of the service. Tell an administrator the `request_id` of the "
            "answer.",
        ),
        (
            persistence.PersistenceError,
            persistence.ConnectionNotFromPoolError,
            persistence.InfrastructureFactoryError,
            persistence.MapperDeserialisationError,
            persistence.TranscodingNotRegisteredError,
        ),
    ),
)
