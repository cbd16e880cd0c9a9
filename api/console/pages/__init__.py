"""The pages, one module each."""

from api.console.pages import (
    access,
    assets,
    audit,
    collisions,
    customer,
    figures,
    live,
    pool,
    proof,
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
    figures.router,
    audit.router,
    access.router,
    proof.router,
    live.router,
)
