"""The locked connection: what it answers, and everything it must never do."""

# ruff: noqa: E501 - long rows of SQL and data

from __future__ import annotations

import math
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from core.data.tables import literal, open_tables
from core.errors import Cancelled, Invalid, StudioError, Unavailable

SECRET = "canary-8341"


def write(path: Path, select: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"COPY ({select}) TO {literal(path)} (FORMAT parquet)")
    return path


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "t.parquet", "SELECT range AS a, 'x' || range AS b FROM range(10)")
    write(tmp_path / "t.parquet.other", f"SELECT '{SECRET}' AS a")
    write(tmp_path / "u.parquet", f"SELECT '{SECRET}' AS a")
    (tmp_path / "secret.csv").write_text(f"a\n{SECRET}\n")
    (tmp_path / "t.parquet_secret.csv").write_text(f"a\n{SECRET}\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "t.parquetlink").symlink_to(tmp_path / "u.parquet")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.fixture
def tables(folder):
    (folder / "temp").mkdir()
    with open_tables({"t": folder / "t.parquet"}, memory_mb=256, temp=folder / "temp") as opened:
        yield opened


ATTACKS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('{folder}/secret.csv')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_blob('{folder}/secret.csv')",
    "SELECT * FROM read_json('{folder}/secret.csv')",
    "SELECT * FROM read_parquet('{folder}/u.parquet')",
    "SELECT * FROM read_parquet(['{folder}/t.parquet', '{folder}/u.parquet'])",
    "SELECT * FROM read_parquet('{folder}/*.parquet')",
    "SELECT * FROM read_parquet('{folder}/t.parquet.other')",
    "SELECT * FROM read_parquet('{folder}/t.parquetlink')",
    "SELECT * FROM read_parquet('{folder}/sub/../u.parquet')",
    "SELECT * FROM read_text('{folder}/t.parquet_secret.csv')",
    "SELECT * FROM read_text('{folder}/link.csv')",
    "SELECT * FROM read_text('secret.csv')",
    "SELECT * FROM read_text('../../../../../../etc/passwd')",
    "SELECT * FROM read_text('file:///etc/passwd')",
    "SELECT * FROM read_text('http://127.0.0.1:9/x')",
    "SELECT * FROM read_duckdb('{folder}/x.db')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('{folder}/u.parquet')",
    "SELECT * FROM parquet_schema('{folder}/t.parquet')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM glob('{folder}/*')",
    "FROM '/etc/passwd'",
    "FROM '{folder}/secret.csv'",
    "FROM '{folder}/u.parquet'",
    'SELECT * FROM "{folder}/secret.csv"',
    "SELECT * FROM t, '{folder}/secret.csv'",
    "SELECT (SELECT max(a) FROM '{folder}/secret.csv')",
    "WITH x AS (FROM '{folder}/secret.csv') SELECT * FROM x",
    "SELECT * FROM t WHERE a IN (SELECT a FROM read_csv('{folder}/secret.csv'))",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM query_table('{folder}/secret.csv')",
    "COPY t TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/t.parquet'",
    "COPY (SELECT 1) TO '{folder}/temp/out.csv'",
    "ATTACH '{folder}/x.db'",
    "ATTACH ':memory:' AS m",
    "DETACH memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/evil.duckdb_extension'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_paths = ['/etc/passwd']",
    "SET VARIABLE x = 1",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT sql FROM duckdb_views",
    "SHOW ALL TABLES",
    "SHOW TABLES",
    "SELECT version()",
    "SELECT pg_sleep(100)",
    "SELECT write_log('x')",
    "EXPORT DATABASE '{folder}/out'",
    "IMPORT DATABASE '{folder}'",
    "CREATE TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE OR REPLACE VIEW t AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "CREATE SECRET (TYPE s3)",
    "DROP VIEW t",
    "INSERT INTO t VALUES (1, 'x')",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "ALTER VIEW t RENAME TO u",
    "BEGIN TRANSACTION",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CALL pragma_version()",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY t TO '{folder}/out.csv'",
    "SELECT 1; DROP VIEW t",
    "SELECT json_execute_serialized_sql(json_serialize_sql('FROM ''/etc/passwd'''))",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM tables",
    "SELECT * FROM folder",
    "",
    "   ",
    ";",
    "-- nothing",
    "hello",
    "SELECT '\x00'; DROP VIEW t",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_with_a_sentence_and_changes_nothing(tables, folder, attack):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(StudioError) as refusal:
        tables.query(attack.replace("{folder}", str(folder)))
    assert refusal.value.code in ("invalid", "unavailable")
    assert SECRET not in str(refusal.value)
    assert refusal.value.hint
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert tables.rows("t") == 10


@pytest.mark.parametrize("attack", [one for one in ATTACKS if "{folder}" in one or "/etc" in one])
def test_the_engine_alone_keeps_files_closed_too(tables, folder, attack):
    """Without the reading of statements: the first wall holds by itself."""
    own = "{folder}/t.parquet'" in attack or "temp/" in attack  # the one file it may read
    con = tables._con.cursor()
    try:
        rows = con.execute(attack.replace("{folder}", str(folder))).fetchall()
    except duckdb.Error:
        return
    assert own
    assert SECRET not in str(rows)


def test_the_engine_alone_keeps_settings_locked(tables):
    for attack in [one for one in ATTACKS if one.startswith(("SET ", "RESET", "LOAD", "INSTALL"))]:
        if "VARIABLE" in attack:
            continue
        with pytest.raises(duckdb.Error):
            tables._con.cursor().execute(attack)


def test_python_variables_are_no_tables(tables):
    import pyarrow as pa

    stolen = pa.table({"a": [SECRET]})
    assert stolen.num_rows
    with pytest.raises(Invalid):
        tables.query("SELECT * FROM stolen")
    with pytest.raises(duckdb.Error):
        tables._con.cursor().execute("SELECT * FROM stolen").fetchall()


def test_errors_do_not_tell_where_files_lie(tables, folder):
    (folder / "t.parquet").write_bytes(b"PAR1 broken PAR1")
    with pytest.raises(Invalid) as error:
        tables.query("SELECT * FROM t")
    assert str(folder) not in str(error.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM t",
        "WITH s AS (SELECT a FROM t), u AS (SELECT * FROM s) SELECT sum(a) FROM u",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
        "SELECT * FROM t JOIN t AS other USING (a)",
        "SELECT * FROM main.t",
        "FROM T SELECT A",
        "SELECT unnest([1, 2])",
        "SELECT * FROM range(3)",
        "VALUES (1), (2)",
        "SUMMARIZE t",
        "SELECT a, row_number() OVER (ORDER BY a) AS n FROM t QUALIFY n < 3",
        "SELECT date_trunc('month', DATE '2024-05-06'), regexp_extract('a1', '[0-9]')",
        "SELECT typeof(a), pg_typeof(a) FROM t",
        "SELECT * FROM t USING SAMPLE 3",
        "SELECT 1;",
    ],
)
def test_ordinary_questions_are_answered(tables, sql):
    assert tables.query(sql).rows


def test_values_become_json_scalars(tables):
    grid = tables.query(
        "SELECT 1.50::DECIMAL(9, 2) AS money, 'nan'::DOUBLE AS nan, 'inf'::DOUBLE AS inf,"
        " DATE '2024-05-06' AS day, TIMESTAMP '2024-05-06 07:08:09' AS moment,"
        " TIMESTAMPTZ '2024-05-06 07:08:09+02' AS zoned, sum(a)::HUGEINT AS big, NULL AS nothing,"
        " TRUE AS yes, [1, NULL] AS list, {'k': 1.5} AS struct, 'ab'::BLOB AS bytes,"
        " TIMESTAMP 'infinity' AS never FROM t"
    )
    assert grid.rows == [
        [
            1.5,
            None,
            None,
            "2024-05-06",
            "2024-05-06T07:08:09",
            "2024-05-06T05:08:09+00:00",
            45,
            None,
            True,
            [1, None],
            {"k": 1.5},
            "6162",
            None,
        ]
    ]
    assert type(grid.cell({}, "big")) is int


def test_a_large_answer_is_cut_and_says_so_without_being_computed(tables):
    grid = tables.query("SELECT * FROM range(100000000000)", rows_max=7)  # minutes, and all memory
    assert [row[0] for row in grid.rows] == list(range(7))
    assert grid.truncated
    assert not tables.query("SELECT * FROM range(7)", rows_max=7).truncated


def test_order_is_kept_and_names_are_unique(tables):
    grid = tables.query('SELECT a AS n, a + 1 AS n, b AS "N" FROM t ORDER BY a DESC')
    assert grid.columns == ["n", "n_2", "N_3"]
    assert [row[0] for row in grid.rows] == list(range(9, -1, -1))


def test_an_endless_query_ends_when_interrupted(tables):
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * 7 % 3 = b.range % 5"
    threading.Timer(0.3, tables.interrupt).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        tables.query(endless)
    assert time.monotonic() - started < 300  # it would take days
    with pytest.raises(Cancelled):
        tables.query("SELECT 1")
    tables.resume()
    assert tables.query("SELECT 1").rows == [[1]]


def test_an_interrupt_reaches_queries_of_every_thread(tables):
    endless = (
        "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 3 = b.range % 5"
    )
    ended = []

    def ask():
        try:
            tables.query(endless)
        except Cancelled:
            ended.append(1)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    tables.interrupt()
    for thread in threads:
        thread.join(120)
    assert len(ended) == 3


def test_too_much_memory_is_said_kindly(folder):
    with (
        open_tables({"t": folder / "t.parquet"}, memory_mb=64) as small,
        pytest.raises(Unavailable) as error,
    ):
        small.query(
            "SELECT a.range, b.range FROM range(30000000) a, range(10) b ORDER BY hash(a.range)"
        )
    assert "64 MB" in error.value.message


def test_large_sorts_spill_when_there_is_a_place(folder):
    (folder / "temp").mkdir()
    with open_tables({"t": folder / "t.parquet"}, memory_mb=128, temp=folder / "temp") as roomy:
        sql = "SELECT hash(range) AS h, repeat('x', 50) AS s FROM range(2000000) ORDER BY h"
        assert len(roomy.query(sql, rows_max=5).rows) == 5


def test_arrays_are_ready_for_statistics(tables):
    found = tables.arrays(
        "SELECT a, nullif(a, 3) AS gap, a::DECIMAL(9, 2) AS money, b, nullif(b, 'x3') AS text,"
        " DATE '2024-01-01' + a::INTEGER AS day, a > 3 AS flag, nullif(a > 3, TRUE) AS some,"
        " NULL AS nothing FROM t ORDER BY a"
    )
    assert found["a"].dtype == np.int64
    assert math.isnan(found["gap"][3])
    assert found["gap"][4] == 4
    assert found["money"].dtype == found["some"].dtype == found["nothing"].dtype == np.float64
    assert found["day"][1] == np.datetime64("2024-01-02")
    assert found["text"][3] is None
    assert found["flag"].dtype == bool
    assert len(tables.arrays("SELECT a FROM t WHERE a > 100")["a"]) == 0


def test_arrays_larger_than_allowed_are_refused_not_cut(tables):
    with pytest.raises(Invalid):
        tables.arrays("SELECT * FROM range(300000)", rows_max=1000)


def test_columns_and_rows_are_described(tables):
    assert tables.columns("t") == {"a": "BIGINT", "b": "VARCHAR"}
    assert tables.rows("t") == 10
    assert tables.names == ["t"]
    with pytest.raises(Invalid):
        tables.columns("nope")


def test_dates_can_be_written(tables):
    day, moment = date(2024, 5, 6), datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
    grid = tables.query(f"SELECT DATE {literal(day)} AS d, TIMESTAMPTZ {literal(moment)} AS m")
    assert grid.rows == [["2024-05-06", "2024-05-06T07:08:00+00:00"]]


def test_names_that_collide_or_are_empty_are_refused(folder):
    for files in (
        {"t": folder / "t.parquet", "T": folder / "u.parquet"},
        {" ": folder / "t.parquet"},
    ):
        with pytest.raises(Invalid):
            open_tables(files)


def test_a_missing_or_truncated_file_is_a_clear_error(folder):
    whole = (folder / "t.parquet").read_bytes()
    (folder / "short.parquet").write_bytes(whole[: len(whole) // 2])
    for name in ("short.parquet", "gone.parquet"):
        with pytest.raises(Invalid) as error:
            open_tables({"t": folder / name})
        assert str(folder) not in str(error.value)


def test_paths_with_signs_that_mean_something_elsewhere_work(folder):
    odd = folder / "a [1] * ? 'q' {x}"
    odd.mkdir()
    file = odd / "f[0].parquet"
    file.write_bytes((folder / "t.parquet").read_bytes())
    with open_tables({"t": file}) as opened:
        assert opened.rows("t") == 10
