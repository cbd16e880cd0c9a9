"""The pages, one module each."""

from api.console.pages import assets, collisions, customer, pool, registration, sign_in, start

PAGES = (
    assets.router,
    sign_in.router,
    start.router,
    collisions.router,
    registration.router,
    customer.router,
    pool.router,
)
