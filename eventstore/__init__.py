"""How events are kept: eventsourcing's persistence interfaces on PostgreSQL through psycopg2.

Chosen with `PERSISTENCE_MODULE=eventstore`; the database's URL comes from `TENURE_DATABASE`.
"""

from eventstore.factory import Factory, migrate

__all__ = ["Factory", "migrate"]
