"""Rows of the table of problems: signing in, sessions, and limits."""

from __future__ import annotations

from api.problems.row import Problem, Wording
from api.sign_in import errors

SIGNING_IN: tuple[Problem, ...] = (
    Problem(
        "sign-in-failed",
        401,
        Wording(
            "登录失败",
            "登录名或密码不对。",
            "登录名与密码不相符，或密码已作废、一次性密码已过期。无论登录名是否存在，答复都相同。"
            "多次失败后须等待片刻；忘记密码请管理员重设。",
        ),
        Wording(
            "Sign-in failed",
            "The sign-in name or the password is wrong.",
            "Name and password do not belong together, or do not any more; a one-time password "
            "may have expired. The answer is the same whether the name exists or not. After some "
            "failures there is a wait; an administrator can set a new password.",
        ),
        (errors.SignInFailed,),
        clause="S1-295",
    ),
    Problem(
        "oidc-failed",
        401,
        Wording(
            "统一登录失败",
            "身份提供方未能证明您是本系统的成员（{reason}）。",
            "reason：state 登录已过期或不是从此浏览器开始的，请重新登录；refused 身份提供方拒绝；"
            "provider 身份提供方无法访问或答复有误；issuer、token 令牌不是它签发给本系统的"
            "或已过期；claim 令牌中没有约定的字段；member 没有这样的成员。",
        ),
        Wording(
            "The provider did not sign you in",
            "The company's provider did not vouch for a member of this house ({reason}).",
            "`reason`: `state` the sign-in is too old or was not begun in this browser, begin "
            "again; `refused` by the provider; `provider` it is out of reach or answers wrongly; "
            "`issuer`, `token` the token is not its own, not for this house, or expired; `claim` "
            "the agreed claim is missing; `member` there is no such member.",
        ),
        (errors.OidcFailed,),
    ),
    Problem(
        "password-change-due",
        403,
        Wording(
            "须更改密码",
            "此密码只能使用一次，请在 new_password 中给出新密码。",
            "管理员设置的密码只能用一次。请再次登录，并同时给出自己的新密码（至少十二个字符）。",
        ),
        Wording(
            "The password must be changed",
            "This password was for one time: send a new one as new_password.",
            "A password that an administrator set is for one time. Sign in again and send your own "
            "new one along, of at least twelve characters.",
        ),
        (errors.PasswordChangeDue,),
        clause="S1-295",
    ),
    Problem(
        "csrf",
        403,
        Wording(
            "缺少防伪令牌",
            "会话中的操作须带请求头 X-CSRF-Token。",
            "用会话（Cookie）发出的操作须带上 GET /v1/session 给出的 csrf_token，"
            "以证明请求来自本服务的页面。用访问令牌的请求不需要。",
        ),
        Wording(
            "The token against forgery is missing",
            "A command in a session needs the header X-CSRF-Token.",
            "A command that comes with a session's cookie must bring the `csrf_token` that "
            "`GET /v1/session` gives, which shows that our own page sent it. Requests with a "
            "bearer token need none.",
        ),
        (errors.CsrfMissing,),
    ),
    Problem(
        "too-many-requests",
        429,
        Wording(
            "请求过多",
            "请在 {retry_after} 秒后重试。",
            "在短时间内的请求或失败的登录太多。请按 Retry-After 等待后重试；上限见设置"
            " TENURE_…_PER_MINUTE。",
        ),
        Wording(
            "Too many requests",
            "Try again in {retry_after} s.",
            "Too many requests, or too many failed sign-ins, came in a short time. Wait as long as "
            "`Retry-After` says. The limits are the settings `TENURE_…_PER_MINUTE`.",
        ),
        (errors.TooManyRequests,),
    ),
)
