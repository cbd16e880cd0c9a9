"""All rows of views, to compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from projections.catalogue import ALL


def rows_of(cursor: Any, views: Iterable[Any] = ALL, schema: str = "views") -> dict[str, list[Any]]:
    """The rows of every table, in an order of their own."""
    rows: dict[str, list[Any]] = {}
    for table in (table for view in views for table in view.TABLES):
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {schema}.{table} t ORDER BY 1")
        rows[table] = [row for (row,) in cursor]
    return rows


def forms_of(cursor: Any) -> list[tuple[Any, ...]]:
    """Columns, indexes, constraints and privileges of everything in the schema `views`."""
    cursor.execute(
        "SELECT 'column', table_name::text, column_name::text, data_type::text || is_nullable ||"
        " coalesce(column_default, '') FROM information_schema.columns"
        " WHERE table_schema = 'views'"
        " UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'views'"
        " UNION ALL SELECT 'constraint', conrelid::regclass::text, conname,"
        " pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'views'::regnamespace"
        " UNION ALL SELECT 'right', relname, relkind::text, relacl::text || relpersistence::text"
        " FROM pg_class WHERE relnamespace = 'views'::regnamespace AND relkind = 'r'"
        " ORDER BY 1, 2, 3, 4"
    )
    return cursor.fetchall()  # type: ignore[no-any-return]


def shadow_schemas(cursor: Any) -> list[str]:
    """What rebuilds have left."""
    cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'views_next')")
    return [name for (name,) in cursor]
