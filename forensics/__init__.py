"""ClickHouse: schema, archive and the questions asked of it."""
