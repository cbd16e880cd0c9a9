"""The pages, one module each."""

from api.console.pages import (
    assets,
    collisions,
    customer,
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
    pool.router,
    live.router,
)
