import pytest

from forensics.statements import statements


@pytest.mark.parametrize(
    ("sql", "split"),
    [
        ("", []),
        (" ;; \n;", []),
        ("-- only; a comment", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT ';', '\\';', ''';'; SELECT 2", ["SELECT ';', '\\';', ''';'", "SELECT 2"]),
        ('SELECT `a;b`, "c;d";', ['SELECT `a;b`, "c;d"']),
        ("SELECT '--' ; -- it's; here\nSELECT 2;", ["SELECT '--'", "SELECT 2"]),
        ("SELECT 4 - 3 / 1 /* ;' */;", ["SELECT 4 - 3 / 1"]),
    ],
)
def test_files_are_split_at_the_ends_of_statements_alone(sql, split):
    assert list(statements(sql)) == split
