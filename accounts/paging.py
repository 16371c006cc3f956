"""Pages of long lists: how many rows there are, without counting them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import cached_property

EXACT = 50_000  # rows up to which counting is quicker than it matters
SHOWN = 10_000  # of a filtered list; who needs more filters more closely


class Estimated(Paginator):
    """Of a whole table PostgreSQL's own estimate, as counting a million rows takes longer than showing a hundred."""

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)
        if self.object_list.query.where:
            return self.object_list.order_by()[:SHOWN].count()
        if connection.vendor != "postgresql":
            return int(super().count)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
                [self.object_list.model._meta.db_table],
            )
            about = int(cursor.fetchone()[0])
        return about if about > EXACT else int(super().count)
