"""The log as the views' folds read it, without keys: nothing that is sealed is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from eventsourcing.persistence import JSONTranscoder
from eventsourcing.utils import get_topic

import domain.events
from eventstore.connections import Database
from eventstore.mapper import Mapper
from eventstore.recorders import ApplicationRecorder
from projections.stretches import Source

if TYPE_CHECKING:
    from api.settings import Settings


def source_of(database: Database) -> Source:
    """What a fold needs of this database.

    The topics of all events become known here, without their aggregates, which decide and are not
    needed: further processes of a rebuild start twice as fast.
    """
    for kind in vars(domain.events).values():
        if isinstance(kind, type) and "TOPIC" in vars(kind):
            get_topic(kind)
    return Source(database, ApplicationRecorder(database), Mapper(JSONTranscoder()).to_domain_event)


@contextmanager
def opened_source(settings: Settings) -> Iterator[Source]:
    """The database of the settings, as its owner where it is embedded and with the rights of the
    URL where it is not. Raises SchemaBehind."""
    # Imported here: further processes of a rebuild need none of these, and should start fast.
    from api import schemas
    from api.composition import require_schema
    from api.embedded import EmbeddedPostgres

    with ExitStack() as stack:
        url = settings.database
        if url is None:
            url = stack.enter_context(EmbeddedPostgres(settings.data)).url()
            schemas.migrate(url)
        database = stack.enter_context(
            closing(Database(url, size=settings.pool_size, application_name="tenure rebuild"))
        )
        require_schema(database)
        yield source_of(database)
