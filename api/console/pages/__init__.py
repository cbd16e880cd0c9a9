"""The pages, one module each."""

from api.console.pages import (
    assets,
    board,
    bulk_claim,
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
    bulk_claim.router,
    board.router,
    live.router,
)
