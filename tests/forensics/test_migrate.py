import pytest

from forensics.migrate import Migration, MigrationRefused, migrate, pending, shipped
from forensics.statements import statements
from forensics.store import StoreRefused, StoreSettings, open_store

FIRST = Migration("0001_one.sql", "CREATE TABLE IF NOT EXISTS one (a Int32) ENGINE = Log;")
SECOND = Migration("0002_two.sql", "CREATE TABLE IF NOT EXISTS two (a Int32) ENGINE = Log;")


@pytest.fixture
def empty(tmp_path):
    with open_store(StoreSettings(directory=tmp_path)) as store:
        yield store


def names(store):
    found = store.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")
    return {row["name"] for row in found}


def test_the_shipped_migrations_build_every_table(store):
    assert names(store) >= {
        "prices", "matched", "ladders", "wagers", "events", "fixtures", "health", "alerts",
        "alert_updates", "dead_letters", "last_prices", "last_matched", "current_ladders",
        "price_changes", "last_fixtures", "gaps", "migrations", "accounts", "pasts",
    }  # fmt: skip


def test_numbers_are_unique():
    numbers = [int(migration.name[:4]) for migration in shipped()]
    assert len(numbers) == len(set(numbers))


def test_running_again_changes_nothing(store):
    before = store.rows("SELECT * FROM migrations ORDER BY name")
    assert migrate(store) == []
    assert store.rows("SELECT * FROM migrations ORDER BY name") == before


def test_only_what_is_new_is_applied_and_recorded(empty):
    assert pending(empty, [FIRST]) == [FIRST]
    assert names(empty) == set()
    assert migrate(empty, [FIRST]) == ["0001_one.sql"]
    assert migrate(empty, [FIRST, SECOND]) == ["0002_two.sql"]
    assert names(empty) == {"one", "two", "migrations"}


def test_an_edited_migration_is_named(empty):
    migrate(empty, [FIRST])
    edited = Migration(FIRST.name, FIRST.sql.replace("Int32", "Int64"))
    with pytest.raises(MigrationRefused, match=r"0001_one\.sql was edited"):
        migrate(empty, [edited, SECOND])
    assert "two" not in names(empty)


def test_line_endings_are_no_edit(empty):
    migrate(empty, [Migration("0001_one.sql", "SELECT 1,\n 2;\n")])
    assert migrate(empty, [Migration("0001_one.sql", "SELECT 1,\r\n 2;\r\n")]) == []


def test_a_store_of_a_newer_version_is_refused(empty):
    migrate(empty, [FIRST, SECOND])
    with pytest.raises(MigrationRefused, match=r"0002_two\.sql.*newer version"):
        migrate(empty, [FIRST])


def test_a_new_migration_before_an_applied_one_is_refused(empty):
    migrate(empty, [SECOND])
    with pytest.raises(MigrationRefused, match=r"0001_one\.sql is numbered before 0002_two\.sql"):
        migrate(empty, [FIRST, SECOND])


def test_a_migration_that_fails_half_way_is_applied_again(empty):
    broken = Migration("0002_two.sql", SECOND.sql + "SELECT nonsense;")
    with pytest.raises(StoreRefused, match="nonsense"):
        migrate(empty, [FIRST, broken])
    assert migrate(empty, [FIRST, SECOND]) == ["0002_two.sql"]


@pytest.mark.parametrize("migration", shipped(), ids=lambda migration: migration.name)
def test_every_shipped_statement_bears_being_run_again(store, migration):
    for statement in statements(migration.sql):
        store.command(statement)
