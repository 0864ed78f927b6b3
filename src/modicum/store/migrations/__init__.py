"""Migrations of the store's tables, run by Alembic inside the transaction of `modicum.store.schema`."""
