"""The tables of a book in PostgreSQL, and the rules that the server itself enforces.

The tables are those of `loopbook.book.storage.schema` with a server's types. The differences, and
why:

* **Balances are kept by the server.** A trigger on `posting` adds the legs up, so that a role that
  posts needs no right to change a balance and a balance is always the sum of its postings.
* **A popular supplier is not a queue.** Lots have one balance row (`balance_of_lot`); it is the
  lot's lock and its floor. A boundary account has a row per *shard* (`balance_of_boundary`): each
  transaction takes a shard that no other has at that moment, so none waits for another. The view
  `balance` adds the shards up.
* **Rules are checked a statement at a time** (transition tables), so a batch of a hundred events
  costs a handful of checks: rows are never changed; a leg adds up and names an account; the legs of
  an event come in one statement and sum to zero; parts belong to an event of the same transaction,
  so that one that is committed takes nothing more; nothing is dated into a closed period; no lot
  goes below zero.
* **An event's row comes before its parts**, and not after them as in SQLite: only the transaction
  that wrote it (its ``xmin``) can add to it, in whatever order others commit. Parts need no foreign
  key then, which would lock the rows of events and of popular accounts, one by one.
* **Who posts may only add.** `grants` gives a role the right to read and to insert, and no right
  to UPDATE, DELETE or TRUNCATE a fact.
"""

from collections.abc import Sequence

from loopbook.book.storage.schema import INDEXES, PARTS, TABLES, WIDE, TableSpec, quoted

_TYPES = (("INTEGER", "BIGINT"), ("BLOB", "BYTEA"), ("TEXT", 'TEXT COLLATE "C"'))
_SHARDS = 256  # writers at the same moment; a further one waits for the first shard

NOUNS_VERSION = "(SELECT coalesce(max(event), 0) FROM noun WHERE kind <> 'hold')"
APPENDED = ("account", "event", *PARTS)
"""Tables that `append_rows` writes, in this order."""
_POSTING = "try_lots, look"
"""Functions with the owner's rights: for roles that may post, and no others."""
LOOK_HEAD = (
    "look(alone boolean, sites text[], hazards text[], lots text[], keys text[], "
    "spare integer) RETURNS json"
)

# Plans are kept for a connection's life and may be made while a book is still empty: they must not
# read whole tables ever after, nor be made again at each call. Triggers run within these functions.
_SETTINGS = (
    "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off "
    "SET plan_cache_mode = force_generic_plan"
)


def postgres_ddl(substances: Sequence[str], schema: str, lock: int) -> list[str]:
    """Statements that make an empty book in a schema.

    Parameters
    ----------
    substances : substances of the new book.
    schema : quoted name of the schema, which is there already and empty.
    lock : the book's number in advisory locks.
    """
    made = [table_ddl(spec, substances) for spec in TABLES if spec.name != "balance"]
    return [
        *made,
        "CREATE SEQUENCE event_number",
        "CREATE SEQUENCE account_number",
        *_balance_tables(substances),
        *indexes_ddl(),
        *rules_ddl(substances, schema, lock),
    ]


def indexes_ddl() -> list[str]:
    """Statements that make the indexes; holds stay out of the one that dates the nouns."""
    stated = " WHERE kind <> 'hold'"
    shared = [x + stated if x.startswith("CREATE INDEX noun_event") else x for x in INDEXES]
    return [*shared, "CREATE INDEX event_recorded ON event (recorded_at)"]


def rules_ddl(substances: Sequence[str], schema: str, lock: int) -> list[str]:
    """Statements that make the functions and triggers of a book, when its tables are there."""
    rules = [*_rules(schema), *_wide_rules(substances, schema, lock), *_triggers()]
    return [*rules, f"REVOKE ALL ON FUNCTION {_POSTING} FROM PUBLIC"]


def table_ddl(spec: TableSpec, substances: Sequence[str]) -> str:
    """Statement that makes a table."""
    lines = []
    for column in spec.columns:
        kind = column.type
        if spec.name in PARTS:
            kind = kind.partition(" REFERENCES")[0]  # the triggers check it
        for old, new in _TYPES:
            kind = kind.replace(old, new)
        lines.append(f"{column.name} {kind}")
    if spec.wide:
        lines += [f"{quoted(s)} BIGINT NOT NULL" for s in substances]
    lines += spec.constraints
    if spec.name == "posting":
        lines.append(_adds_up(substances))
    fill = " WITH (fillfactor = 50)" if spec.name == "load" else ""
    return f"CREATE TABLE {spec.name} ({', '.join(lines)}){fill}"


def _adds_up(substances: Sequence[str]) -> str:
    total = " + ".join(quoted(s) for s in substances)
    return f"CONSTRAINT leg_adds_up CHECK (mass = {total})"


def _floor(substances: Sequence[str]) -> str:
    each = " AND ".join(f"{quoted(s)} >= 0" for s in substances)
    return f"CONSTRAINT lot_not_negative CHECK ({each})"


def _balance_tables(substances: Sequence[str]) -> list[str]:
    amounts = ", ".join(f"{c} BIGINT NOT NULL DEFAULT 0" for c in _wide(substances))
    return [
        "CREATE TABLE balance_of_lot (account BIGINT PRIMARY KEY REFERENCES account (id), "
        "last_at BIGINT NOT NULL DEFAULT 0, "
        f"{amounts}, {_floor(substances)}) WITH (fillfactor = 60)",
        "CREATE TABLE balance_of_boundary (account BIGINT REFERENCES account (id), shard INTEGER, "
        f"{amounts}, PRIMARY KEY (account, shard)) WITH (fillfactor = 50)",
        balance_view(substances),
    ]


def balance_view(substances: Sequence[str]) -> str:
    """Statement that makes the view of all balances, or makes it again."""
    columns = ", ".join(_wide(substances))
    sums = ", ".join(f"sum({c})::bigint" for c in _wide(substances))
    return (
        f"CREATE OR REPLACE VIEW balance AS SELECT account, 1::bigint AS bounded, last_at, "
        f"{columns} FROM balance_of_lot UNION ALL SELECT account, 0::bigint, 0::bigint, {sums} "
        "FROM balance_of_boundary GROUP BY account"
    )


def _wide(substances: Sequence[str]) -> list[str]:
    return ["mass", *(quoted(s) for s in substances)]


def _function(name: str, schema: str, body: str, *, definer: bool = False) -> str:
    rights = "SECURITY DEFINER " if definer else ""
    settings = "" if name.endswith("RETURNS trigger") else f" {_SETTINGS}"
    return (
        f"CREATE OR REPLACE FUNCTION {name} LANGUAGE plpgsql {rights}"
        f"SET search_path = {schema}, pg_temp{settings} AS $${body}$$"
    )


def _refuse(text: str) -> str:
    return f"RAISE EXCEPTION '{text}' USING ERRCODE = 'integrity_constraint_violation'"


# A subquery for each row and no join: a plan that was made for a large batch would read all events.
_STRANGE = """(SELECT e.xmin FROM event e WHERE e.id = added.event)
                 IS DISTINCT FROM pg_current_xact_id()::xid"""
_SEALED = f"""
      IF EXISTS (SELECT 1 FROM added WHERE {_STRANGE}) THEN
        {_refuse("sealed: only the transaction of an event adds to it")};
      END IF;"""


def _rules(schema: str) -> list[str]:
    """Functions that do not name substances."""
    frozen = """
    BEGIN
      RAISE EXCEPTION 'frozen: % rows are never changed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END"""
    sealed = f"""
    BEGIN
      {_SEALED}
      RETURN NULL;
    END"""
    closed = f"""
    BEGIN
      IF EXISTS (SELECT 1 FROM closing JOIN added
                 ON start_at <= added.posted_at AND added.posted_at < end_at) THEN
        {_refuse("closed: the event is posted into a closed period")};
      END IF;
      IF EXISTS (SELECT 1 FROM added WHERE posted_at < occurred_at OR amends IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM event o WHERE o.key = added.amends
                                 AND o.occurred_at = added.occurred_at)) THEN
        {_refuse("late: the event it amends is not there, or has another date")};
      END IF;
      RETURN NULL;
    END"""
    made = f"""
    BEGIN
      IF EXISTS (SELECT 1 FROM added WHERE again > 0 AND NOT EXISTS (
                   SELECT 1 FROM lot l JOIN event e ON e.id = l.event
                   JOIN event r ON r.reverses = e.key
                   WHERE l.id = added.id AND l.again = added.again - 1)) THEN
        {_refuse("duplicate: this lot is there already, and what made it is not reversed")};
      END IF;
      RETURN NULL;
    END"""
    opened = """
    BEGIN
      INSERT INTO balance_of_lot (account, mass) SELECT id, 0 FROM added WHERE kind = 'lot';
      RETURN NULL;
    END"""
    arrays = ", ".join(f"new_{table} {table}[]" for table in APPENDED)
    attempt = """
    BEGIN
      PERFORM 1 FROM balance_of_lot b JOIN account a ON a.id = b.account
        WHERE a.lot = ANY (lots) ORDER BY b.account FOR NO KEY UPDATE OF b NOWAIT;
    END"""
    return [
        _function("refuse_change() RETURNS trigger", schema, frozen),
        _function("refuse_sealed() RETURNS trigger", schema, sealed),
        _function("refuse_closed() RETURNS trigger", schema, closed),
        _function("refuse_second_maker() RETURNS trigger", schema, made),
        _function("open_account() RETURNS trigger", schema, opened, definer=True),
        _function("try_lots(lots text[]) RETURNS void", schema, attempt, definer=True),
        _function(f"append_rows({arrays}) RETURNS void", schema, _append_body()),
    ]


def _wide_rules(substances: Sequence[str], schema: str, lock: int) -> list[str]:
    """Functions that name the substances; made again when one is added."""
    wide = _wide(substances)
    names = ", ".join(wide)
    sums = ", ".join(f"sum(p.{c})::bigint AS {c}" for c in wide)
    added = ", ".join(f"{c} = b.{c} + x.{c}" for c in wide)
    again = ", ".join(f"{c} = b.{c} + excluded.{c}" for c in wide)
    left = " OR ".join(f"sum({c}) <> 0" for c in wide[1:])
    count = f"""
    DECLARE
      wrong boolean;
      legs integer;
      counted integer;
      free integer;
    BEGIN
      WITH moved AS (
        UPDATE balance_of_lot b SET {added}, last_at = greatest(b.last_at, x.last_at)
        FROM (SELECT p.account, count(*) AS n, max(e.occurred_at) AS last_at, {sums}
              FROM added p JOIN event e ON e.id = p.event GROUP BY p.account) x
        WHERE b.account = x.account RETURNING x.n
      ), checked AS (
        SELECT count(*) AS n, bool_or({_STRANGE}) OR {left} AS wrong
        FROM added GROUP BY added.event)
      SELECT (SELECT sum(n) FROM moved), sum(x.n), bool_or(x.wrong) INTO counted, legs, wrong
        FROM checked x;
      IF wrong THEN
        {_SEALED}
        {_refuse("unbalanced: the event does not sum to zero")};
      END IF;
      IF counted IS DISTINCT FROM legs THEN
        SELECT s INTO free FROM generate_series(1, {_SHARDS}) s
          WHERE pg_try_advisory_xact_lock({lock}, s) LIMIT 1;
        INSERT INTO balance_of_boundary AS b (account, shard, {names})
          SELECT p.account, coalesce(free, 1), {sums}
          FROM added p JOIN account a ON a.id = p.account
          WHERE a.kind <> 'lot' GROUP BY p.account ORDER BY p.account
          ON CONFLICT (account, shard) DO UPDATE SET {again};
        IF EXISTS (SELECT 1 FROM added p LEFT JOIN account a ON a.id = p.account
                   WHERE a.id IS NULL) THEN
          {_refuse("account: a posting names none")};
        END IF;
      END IF;
      RETURN NULL;
    END"""
    return [
        _function("count_postings() RETURNS trigger", schema, count, definer=True),
        _function(LOOK_HEAD, schema, _look_body(substances, lock), definer=True),
    ]


LONGEST_US = 600 * 10**6
"""No batch is under way for longer, microseconds."""


def _append_body() -> str:
    """Insert what there is of each table, in an order in which each finds what it refers to."""
    lines = [
        f"IF new_{table} IS NOT NULL THEN INSERT INTO {table} "
        f"SELECT * FROM unnest(new_{table}); END IF;"
        for table in APPENDED
    ]
    return f"BEGIN {' '.join(lines)} END"


def _look_body(substances: Sequence[str], lock: int) -> str:
    """Lock what a batch touches, in order, then read what is known of it."""
    names = ", ".join(f"b.{quoted(s)}" for s in substances)
    return f"""
    BEGIN
      IF alone THEN
        PERFORM pg_advisory_xact_lock({lock}, 0);
      ELSE
        PERFORM pg_advisory_xact_lock_shared({lock}, 0);
      END IF;
      IF cardinality(sites) > 0 THEN
        PERFORM 1 FROM load l JOIN unnest(sites, hazards) AS t (site, hazard) USING (site, hazard)
          ORDER BY site, hazard FOR NO KEY UPDATE OF l;
      END IF;
      PERFORM 1 FROM balance_of_lot b JOIN account a ON a.id = b.account
        WHERE a.lot = ANY (lots) ORDER BY b.account FOR NO KEY UPDATE OF b;
      RETURN json_build_array(
        {NOUNS_VERSION},
        coalesce((SELECT max(recorded_at) FROM event), 0),
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
        ARRAY (SELECT nextval('event_number') FROM generate_series(1, cardinality(keys))),
        ARRAY (SELECT nextval('account_number') FROM generate_series(1, spare)),
        ARRAY (SELECT key FROM event WHERE key = ANY (keys)),
        (SELECT coalesce(json_agg(json_build_array(l.id, l.material, e.occurred_at, l.again,
           EXISTS (SELECT 1 FROM event r WHERE r.reverses = e.key)) ORDER BY l.again), '[]')
         FROM lot l JOIN event e ON e.id = l.event WHERE l.id = ANY (lots)),
        (SELECT coalesce(json_agg(
           json_build_array(a.lot, a.id, a.party, a.site, b.last_at, {names})), '[]')
         FROM account a JOIN balance_of_lot b ON b.account = a.id WHERE a.lot = ANY (lots)),
        (SELECT coalesce(json_object_agg(h.id, h.body), '{{}}') FROM (
           SELECT DISTINCT ON (id) id, body FROM noun WHERE kind = 'hold' AND id = ANY (lots)
           ORDER BY id, event DESC) h));
    END"""


def _triggers() -> list[str]:
    def after(table: str, function: str) -> str:
        return (
            f"CREATE TRIGGER {function}_{table} AFTER INSERT ON {table} "
            f"REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )

    frozen = [
        f"CREATE TRIGGER {spec.name}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {spec.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for spec in TABLES
        if spec.facts
    ]
    return [
        *frozen,
        *(after(table, "refuse_sealed") for table in PARTS if table != "posting"),
        after("event", "refuse_closed"),
        after("lot", "refuse_second_maker"),
        after("account", "open_account"),
        after("posting", "count_postings"),
    ]


def rule_names() -> set[str]:
    """Names of the triggers and constraints that keep a book right."""
    triggers = {statement.split()[2] for statement in _triggers()}
    return triggers | {"leg_adds_up", "lot_not_negative", "storage_limit"}


def declare_ddl(substance: str, after: Sequence[str], schema: str, lock: int) -> list[str]:
    """Statements that add a substance to a book; `after` are all substances with it."""
    column = f"{quoted(substance)} BIGINT NOT NULL DEFAULT 0"
    tables = [name for name in WIDE if name != "balance"]
    grown = [*tables, "balance_of_lot", "balance_of_boundary"]
    return [
        *(f"ALTER TABLE {table} ADD COLUMN {column}" for table in grown),
        "ALTER TABLE posting DROP CONSTRAINT leg_adds_up",
        f"ALTER TABLE posting ADD {_adds_up(after)}",
        "ALTER TABLE balance_of_lot DROP CONSTRAINT lot_not_negative",
        f"ALTER TABLE balance_of_lot ADD {_floor(after)}",
        balance_view(after),
        *_wide_rules(after, schema, lock),
    ]


def grants(role: str, schema: str) -> list[str]:
    """Rights of a role that posts: read all, add facts, change none.

    Parameters
    ----------
    role : quoted name of the role.
    """
    added = [t.name for t in TABLES if t.facts]
    kept = [t.name for t in TABLES if not t.facts and t.name not in ("book", "balance", "load")]
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"GRANT INSERT ON {', '.join([*added, 'load', 'book'])} TO {role}",
        f"GRANT UPDATE (mass) ON load TO {role}",
        *(f"GRANT INSERT, DELETE ON {name} TO {role}" for name in kept),
        f"GRANT EXECUTE ON FUNCTION {_POSTING} TO {role}",
    ]
