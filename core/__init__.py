"""The studio without a screen. Everything runs from a Python prompt: `core.studio.open_studio()`.

The floors, from the ground up; imports only go down (import-linter holds it):

* errors        every error a person can meet
* settings      the only reader of the environment
* storage       database (SQLite or Postgres), blobs by content hash
* data          files become tables: dialects, landing as Parquet, locked DuckDB, profiles
* flags         feature switches
* telemetry     log lines, traces, metrics, critical errors
* kernel        operations, tasks, steps in four moves, queues, events, parking, recovery
* ledger        limits, holds, settlements, usage; safety: what may be said and fetched;
                identity: who may do what
* governance    policies, rates, approvals, alerts, violations, spend
* llm           the only door to a model
* tools         what a model may call; one verified data recipe a file
* usecases      one operation a file
* insight       questions to decks, evidence, receipts, exports, verify
* studio        the parts list: settings in, open studio out
* serve         what is reached by HTTP besides the pages
"""
