"""The pages, one module each."""

from api.console.pages import assets, collisions, customer, pool, registration, start

PAGES = (
    assets.router,
    start.router,
    collisions.router,
    registration.router,
    customer.router,
    pool.router,
)
