"""The pages, one module each."""

from api.console.pages import (
    assets,
    collisions,
    customer,
    disputes,
    evidence,
    live,
    pool,
    registration,
    sign_in,
    start,
    time_machine,
)

PAGES = (
    assets.router,
    sign_in.router,
    start.router,
    collisions.router,
    registration.router,
    customer.router,
    time_machine.router,
    disputes.router,
    evidence.router,
    pool.router,
    live.router,
)
