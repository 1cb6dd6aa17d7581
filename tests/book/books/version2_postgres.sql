CREATE SCHEMA v2;
CREATE TABLE v2.account (
    id bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    party text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    lot text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v2.closing (
    period text NOT NULL COLLATE pg_catalog."C",
    event bigint NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL
);
CREATE TABLE v2.edge (
    event bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    mass bigint NOT NULL,
    "s_Ni" bigint NOT NULL,
    "s_Cu" bigint NOT NULL,
    "s_C" bigint NOT NULL,
    "s_H2O" bigint NOT NULL,
    s_other bigint NOT NULL,
    "s_Ti" bigint DEFAULT 0 NOT NULL
);
CREATE TABLE v2.event (
    id bigint NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL COLLATE pg_catalog."C",
    document text NOT NULL COLLATE pg_catalog."C",
    occurred_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    command text NOT NULL COLLATE pg_catalog."C",
    reverses text COLLATE pg_catalog."C",
    leaf bytea NOT NULL
);
CREATE TABLE v2.lot (
    id text NOT NULL COLLATE pg_catalog."C",
    material text NOT NULL COLLATE pg_catalog."C",
    event bigint NOT NULL,
    line bigint NOT NULL
);
CREATE TABLE v2.measurement (
    event bigint NOT NULL,
    line bigint NOT NULL,
    lot text NOT NULL COLLATE pg_catalog."C",
    quantity text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    uncertainty text NOT NULL COLLATE pg_catalog."C",
    method text NOT NULL COLLATE pg_catalog."C",
    laboratory text NOT NULL COLLATE pg_catalog."C",
    sample text NOT NULL COLLATE pg_catalog."C",
    grp text NOT NULL COLLATE pg_catalog."C",
    stage text NOT NULL COLLATE pg_catalog."C",
    basis text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v2.noun (
    event bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v2.posting (
    event bigint NOT NULL,
    account bigint NOT NULL,
    mass bigint NOT NULL,
    "s_Ni" bigint NOT NULL,
    "s_Cu" bigint NOT NULL,
    "s_C" bigint NOT NULL,
    "s_H2O" bigint NOT NULL,
    s_other bigint NOT NULL,
    "s_Ti" bigint DEFAULT 0 NOT NULL,
    CONSTRAINT leg_adds_up CHECK ((mass = ((((("s_Ni" + "s_Cu") + "s_C") + "s_H2O") + s_other) + "s_Ti")))
);
CREATE FUNCTION v2.append_rows(new_account v2.account[], new_event v2.event[], new_posting v2.posting[], new_edge v2.edge[], new_lot v2.lot[], new_measurement v2.measurement[], new_noun v2.noun[], new_closing v2.closing[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'v2', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$BEGIN IF new_account IS NOT NULL THEN INSERT INTO account SELECT * FROM unnest(new_account); END IF; IF new_event IS NOT NULL THEN INSERT INTO event SELECT * FROM unnest(new_event); END IF; IF new_posting IS NOT NULL THEN INSERT INTO posting SELECT * FROM unnest(new_posting); END IF; IF new_edge IS NOT NULL THEN INSERT INTO edge SELECT * FROM unnest(new_edge); END IF; IF new_lot IS NOT NULL THEN INSERT INTO lot SELECT * FROM unnest(new_lot); END IF; IF new_measurement IS NOT NULL THEN INSERT INTO measurement SELECT * FROM unnest(new_measurement); END IF; IF new_noun IS NOT NULL THEN INSERT INTO noun SELECT * FROM unnest(new_noun); END IF; IF new_closing IS NOT NULL THEN INSERT INTO closing SELECT * FROM unnest(new_closing); END IF; END$$;
CREATE FUNCTION v2.count_postings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v2', 'pg_temp'
    AS $$
    DECLARE
      wrong boolean;
      legs integer;
      counted integer;
      free integer;
    BEGIN
      WITH moved AS (
        UPDATE balance_of_lot b SET mass = b.mass + x.mass, "s_Ni" = b."s_Ni" + x."s_Ni", "s_Cu" = b."s_Cu" + x."s_Cu", "s_C" = b."s_C" + x."s_C", "s_H2O" = b."s_H2O" + x."s_H2O", "s_other" = b."s_other" + x."s_other", "s_Ti" = b."s_Ti" + x."s_Ti", last_at = greatest(b.last_at, x.last_at)
        FROM (SELECT p.account, count(*) AS n, max(e.occurred_at) AS last_at, sum(p.mass)::bigint AS mass, sum(p."s_Ni")::bigint AS "s_Ni", sum(p."s_Cu")::bigint AS "s_Cu", sum(p."s_C")::bigint AS "s_C", sum(p."s_H2O")::bigint AS "s_H2O", sum(p."s_other")::bigint AS "s_other", sum(p."s_Ti")::bigint AS "s_Ti"
              FROM added p JOIN event e ON e.id = p.event GROUP BY p.account) x
        WHERE b.account = x.account RETURNING x.n
      ), checked AS (
        SELECT count(*) AS n, bool_or((SELECT e.xmin FROM event e WHERE e.id = added.event)
                 IS DISTINCT FROM pg_current_xact_id()::xid) OR sum("s_Ni") <> 0 OR sum("s_Cu") <> 0 OR sum("s_C") <> 0 OR sum("s_H2O") <> 0 OR sum("s_other") <> 0 OR sum("s_Ti") <> 0 AS wrong
        FROM added GROUP BY added.event)
      SELECT (SELECT sum(n) FROM moved), sum(x.n), bool_or(x.wrong) INTO counted, legs, wrong
        FROM checked x;
      IF wrong THEN
      IF EXISTS (SELECT 1 FROM added WHERE (SELECT e.xmin FROM event e WHERE e.id = added.event)
                 IS DISTINCT FROM pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'sealed: only the transaction of an event adds to it' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
        RAISE EXCEPTION 'unbalanced: the event does not sum to zero' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      IF counted IS DISTINCT FROM legs THEN
        SELECT s INTO free FROM generate_series(1, 256) s
          WHERE pg_try_advisory_xact_lock(409746324, s) LIMIT 1;
        INSERT INTO balance_of_boundary AS b (account, shard, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti")
          SELECT p.account, coalesce(free, 1), sum(p.mass)::bigint AS mass, sum(p."s_Ni")::bigint AS "s_Ni", sum(p."s_Cu")::bigint AS "s_Cu", sum(p."s_C")::bigint AS "s_C", sum(p."s_H2O")::bigint AS "s_H2O", sum(p."s_other")::bigint AS "s_other", sum(p."s_Ti")::bigint AS "s_Ti"
          FROM added p JOIN account a ON a.id = p.account
          WHERE a.kind <> 'lot' GROUP BY p.account ORDER BY p.account
          ON CONFLICT (account, shard) DO UPDATE SET mass = b.mass + excluded.mass, "s_Ni" = b."s_Ni" + excluded."s_Ni", "s_Cu" = b."s_Cu" + excluded."s_Cu", "s_C" = b."s_C" + excluded."s_C", "s_H2O" = b."s_H2O" + excluded."s_H2O", "s_other" = b."s_other" + excluded."s_other", "s_Ti" = b."s_Ti" + excluded."s_Ti";
        IF EXISTS (SELECT 1 FROM added p LEFT JOIN account a ON a.id = p.account
                   WHERE a.id IS NULL) THEN
          RAISE EXCEPTION 'account: a posting names none' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
      END IF;
      RETURN NULL;
    END$$;
CREATE FUNCTION v2.look(alone boolean, sites text[], hazards text[], lots text[], keys text[], spare integer) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v2', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
    BEGIN
      IF alone THEN
        PERFORM pg_advisory_xact_lock(409746324, 0);
      ELSE
        PERFORM pg_advisory_xact_lock_shared(409746324, 0);
      END IF;
      IF cardinality(sites) > 0 THEN
        PERFORM 1 FROM load l JOIN unnest(sites, hazards) AS t (site, hazard) USING (site, hazard)
          ORDER BY site, hazard FOR NO KEY UPDATE OF l;
      END IF;
      PERFORM 1 FROM balance_of_lot b JOIN account a ON a.id = b.account
        WHERE a.lot = ANY (lots) ORDER BY b.account FOR NO KEY UPDATE OF b;
      RETURN json_build_array(
        (SELECT coalesce(max(event), 0) FROM noun WHERE kind <> 'hold'),
        coalesce((SELECT max(recorded_at) FROM event), 0),
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
        ARRAY (SELECT nextval('event_number') FROM generate_series(1, cardinality(keys))),
        ARRAY (SELECT nextval('account_number') FROM generate_series(1, spare)),
        ARRAY (SELECT key FROM event WHERE key = ANY (keys)),
        (SELECT coalesce(json_agg(json_build_array(l.id, l.material, e.occurred_at)), '[]')
         FROM lot l JOIN event e ON e.id = l.event WHERE l.id = ANY (lots)),
        (SELECT coalesce(json_agg(
           json_build_array(a.lot, a.id, a.party, a.site, b.last_at, b."s_Ni", b."s_Cu", b."s_C", b."s_H2O", b."s_other", b."s_Ti")), '[]')
         FROM account a JOIN balance_of_lot b ON b.account = a.id WHERE a.lot = ANY (lots)),
        (SELECT coalesce(json_object_agg(h.id, h.body), '{}') FROM (
           SELECT DISTINCT ON (id) id, body FROM noun WHERE kind = 'hold' AND id = ANY (lots)
           ORDER BY id, event DESC) h));
    END$$;
CREATE FUNCTION v2.open_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v2', 'pg_temp'
    AS $$
    BEGIN
      INSERT INTO balance_of_lot (account, mass) SELECT id, 0 FROM added WHERE kind = 'lot';
      RETURN NULL;
    END$$;
CREATE FUNCTION v2.post_moves(version bigint, accounts bigint[], new_event v2.event[], new_posting v2.posting[], new_edge v2.edge[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v2', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
    DECLARE numbers bigint[];
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(409746324, 0);
      IF (SELECT coalesce(max(event), 0) FROM noun WHERE kind <> 'hold') <> version OR (SELECT min(recorded_at) FROM unnest(new_event))
          < (SELECT max(recorded_at) FROM event) - 600000000 THEN
        RETURN NULL;
      END IF;
      PERFORM 1 FROM balance_of_lot WHERE account = ANY (accounts)
        ORDER BY account FOR NO KEY UPDATE;
      IF cardinality(new_event) = 1 THEN
        numbers := ARRAY[nextval('event_number')];
      ELSE
        numbers := ARRAY (
          SELECT nextval('event_number') FROM generate_series(1, cardinality(new_event)));
      END IF;
      INSERT INTO event SELECT numbers[n.id], key, kind, actor, document, occurred_at, recorded_at, command, reverses, leaf FROM unnest(new_event) n;
      INSERT INTO posting SELECT numbers[n.event], account, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti" FROM unnest(new_posting) n;
      IF cardinality(new_edge) > 0 THEN
        INSERT INTO edge SELECT numbers[n.event], source, target, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti" FROM unnest(new_edge) n;
      END IF;
      RETURN numbers;
    END$$;
CREATE FUNCTION v2.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v2', 'pg_temp'
    AS $$
    BEGIN
      RAISE EXCEPTION 'frozen: % rows are never changed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END$$;
CREATE FUNCTION v2.refuse_closed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v2', 'pg_temp'
    AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM closing JOIN added
                 ON start_at <= added.occurred_at AND added.occurred_at < end_at) THEN
        RAISE EXCEPTION 'closed: the event is dated into a closed period' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
CREATE FUNCTION v2.refuse_sealed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v2', 'pg_temp'
    AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM added WHERE (SELECT e.xmin FROM event e WHERE e.id = added.event)
                 IS DISTINCT FROM pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'sealed: only the transaction of an event adds to it' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
CREATE FUNCTION v2.try_lots(lots text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v2', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
    BEGIN
      PERFORM 1 FROM balance_of_lot b JOIN account a ON a.id = b.account
        WHERE a.lot = ANY (lots) ORDER BY b.account FOR NO KEY UPDATE OF b NOWAIT;
    END$$;
CREATE SEQUENCE v2.account_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE v2.balance_of_boundary (
    account bigint NOT NULL,
    shard integer NOT NULL,
    mass bigint DEFAULT 0 NOT NULL,
    "s_Ni" bigint DEFAULT 0 NOT NULL,
    "s_Cu" bigint DEFAULT 0 NOT NULL,
    "s_C" bigint DEFAULT 0 NOT NULL,
    "s_H2O" bigint DEFAULT 0 NOT NULL,
    s_other bigint DEFAULT 0 NOT NULL,
    "s_Ti" bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE v2.balance_of_lot (
    account bigint NOT NULL,
    last_at bigint DEFAULT 0 NOT NULL,
    mass bigint DEFAULT 0 NOT NULL,
    "s_Ni" bigint DEFAULT 0 NOT NULL,
    "s_Cu" bigint DEFAULT 0 NOT NULL,
    "s_C" bigint DEFAULT 0 NOT NULL,
    "s_H2O" bigint DEFAULT 0 NOT NULL,
    s_other bigint DEFAULT 0 NOT NULL,
    "s_Ti" bigint DEFAULT 0 NOT NULL,
    CONSTRAINT lot_not_negative CHECK ((("s_Ni" >= 0) AND ("s_Cu" >= 0) AND ("s_C" >= 0) AND ("s_H2O" >= 0) AND (s_other >= 0) AND ("s_Ti" >= 0)))
)
WITH (fillfactor='60');
CREATE VIEW v2.balance AS
 SELECT balance_of_lot.account,
    (1)::bigint AS bounded,
    balance_of_lot.last_at,
    balance_of_lot.mass,
    balance_of_lot."s_Ni",
    balance_of_lot."s_Cu",
    balance_of_lot."s_C",
    balance_of_lot."s_H2O",
    balance_of_lot.s_other,
    balance_of_lot."s_Ti"
   FROM v2.balance_of_lot
UNION ALL
 SELECT balance_of_boundary.account,
    (0)::bigint AS bounded,
    (0)::bigint AS last_at,
    (sum(balance_of_boundary.mass))::bigint AS mass,
    (sum(balance_of_boundary."s_Ni"))::bigint AS "s_Ni",
    (sum(balance_of_boundary."s_Cu"))::bigint AS "s_Cu",
    (sum(balance_of_boundary."s_C"))::bigint AS "s_C",
    (sum(balance_of_boundary."s_H2O"))::bigint AS "s_H2O",
    (sum(balance_of_boundary.s_other))::bigint AS s_other,
    (sum(balance_of_boundary."s_Ti"))::bigint AS "s_Ti"
   FROM v2.balance_of_boundary
  GROUP BY balance_of_boundary.account;
CREATE TABLE v2.book (
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v2.checkpoint (
    size bigint NOT NULL,
    note text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE v2.event_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE v2.leaf (
    place bigint NOT NULL,
    event bigint NOT NULL
);
CREATE TABLE v2.load (
    site text NOT NULL COLLATE pg_catalog."C",
    hazard text NOT NULL COLLATE pg_catalog."C",
    mass bigint NOT NULL,
    most bigint NOT NULL,
    CONSTRAINT storage_limit CHECK ((mass <= most))
)
WITH (fillfactor='50');
CREATE TABLE v2.node (
    level bigint NOT NULL,
    place bigint NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE v2.snapshot (
    moment bigint NOT NULL,
    account bigint NOT NULL,
    recorded_at bigint NOT NULL,
    mass bigint NOT NULL,
    "s_Ni" bigint NOT NULL,
    "s_Cu" bigint NOT NULL,
    "s_C" bigint NOT NULL,
    "s_H2O" bigint NOT NULL,
    s_other bigint NOT NULL,
    "s_Ti" bigint DEFAULT 0 NOT NULL
);
INSERT INTO v2.account VALUES (33, 'supplier', 'LGES', '', '');
INSERT INTO v2.account VALUES (32, 'lot', 'LGES', 'WS', 'S1');
INSERT INTO v2.account VALUES (31, 'lot', 'GMBI', 'WS', 'S2');
INSERT INTO v2.account VALUES (34, 'reassay', 'LGES', 'WS', '');
INSERT INTO v2.account VALUES (30, 'lot', 'LGES', 'WS', 'S1-a');
INSERT INTO v2.account VALUES (29, 'lot', 'LGES', 'WS', 'S3');
INSERT INTO v2.account VALUES (28, 'lot', 'LGES', 'WS', 'S4');
INSERT INTO v2.account VALUES (27, 'lot', 'GMBI', 'WS', 'B1');
INSERT INTO v2.account VALUES (26, 'lot', 'LGES', 'WS', 'B1');
INSERT INTO v2.account VALUES (35, 'emission', 'LGES', 'WS', '');
INSERT INTO v2.account VALUES (36, 'unaccounted', 'LGES', 'WS', '');
INSERT INTO v2.account VALUES (37, 'waste', 'LGES', 'WS', '');
INSERT INTO v2.account VALUES (25, 'lot', 'LGES', 'WS', 'M1');
INSERT INTO v2.account VALUES (24, 'lot', 'LGES', 'WS', 'P1');
INSERT INTO v2.account VALUES (23, 'lot', 'GMBI', 'WS', 'M1');
INSERT INTO v2.account VALUES (22, 'lot', 'LGES', 'REF', 'P1');
INSERT INTO v2.account VALUES (21, 'lot', 'GMBI', 'in transit 77', 'M1');
INSERT INTO v2.account VALUES (20, 'lot', 'LGES', 'in transit 77', 'M1');
INSERT INTO v2.account VALUES (38, 'unaccounted', 'GMBI', 'in transit 77', '');
INSERT INTO v2.account VALUES (39, 'unaccounted', 'LGES', 'in transit 77', '');
INSERT INTO v2.account VALUES (19, 'lot', 'GMBI', 'REF', 'M1');
INSERT INTO v2.account VALUES (18, 'lot', 'LGES', 'REF', 'M1');
INSERT INTO v2.account VALUES (40, 'customer', 'REFINER', '', '');
INSERT INTO v2.account VALUES (41, 'stock-take', 'LGES', 'REF', '');
INSERT INTO v2.account VALUES (42, 'waste', 'LGES', 'REF', '');
INSERT INTO v2.account VALUES (17, 'lot', 'LGES', 'WS', 'S9');
INSERT INTO v2.account VALUES (16, 'lot', 'LGES', 'WS', 'T');
INSERT INTO v2.balance_of_boundary VALUES (35, 1, 1000000, 0, 0, 1000000, 0, 0, 0);
INSERT INTO v2.balance_of_boundary VALUES (36, 1, 14000000, 15000000, 0, -1000000, 0, 0, 0);
INSERT INTO v2.balance_of_boundary VALUES (37, 1, 5000000, 0, 0, 0, 0, 5000000, 0);
INSERT INTO v2.balance_of_boundary VALUES (38, 1, 500000, 150000, 0, 0, 0, 350000, 0);
INSERT INTO v2.balance_of_boundary VALUES (39, 1, 1500000, 450000, 0, 0, 0, 1050000, 0);
INSERT INTO v2.balance_of_boundary VALUES (40, 1, 198000000, 59400000, 0, 0, 0, 138600000, 0);
INSERT INTO v2.balance_of_boundary VALUES (41, 1, 1000000, 0, 0, 0, 0, 1000000, 0);
INSERT INTO v2.balance_of_boundary VALUES (42, 1, 9000000, 0, 0, 0, 0, 9000000, 0);
INSERT INTO v2.balance_of_boundary VALUES (33, 1, -2500000000, -300000000, 0, 0, 0, -1700000000, -500000000);
INSERT INTO v2.balance_of_boundary VALUES (34, 1, -10000000, -347000000, 0, 0, -50000000, 214750000, 172250000);
INSERT INTO v2.balance_of_lot VALUES (30, 1772323980000000, 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v2.balance_of_lot VALUES (32, 1772324040000000, 500000000, 125000000, 0, 0, 0, 375000000, 0);
INSERT INTO v2.balance_of_lot VALUES (26, 1772324100000000, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v2.balance_of_lot VALUES (27, 1772324100000000, 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v2.balance_of_lot VALUES (29, 1772324100000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (31, 1772324100000000, 400000000, 80000000, 0, 0, 0, 320000000, 0);
INSERT INTO v2.balance_of_lot VALUES (28, 1772324160000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (24, 1772324280000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (23, 1772324340000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (25, 1772324340000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (20, 1772324400000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (21, 1772324400000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (18, 1772324460000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (19, 1772324460000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (22, 1772324580000000, 70000000, 0, 0, 0, 0, 70000000, 0);
INSERT INTO v2.balance_of_lot VALUES (17, 1772324940000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v2.balance_of_lot VALUES (16, 1772325120000000, 1000000000, 294500000, 0, 0, 50000000, 327750000, 327750000);
INSERT INTO v2.book VALUES ('version', '2');
INSERT INTO v2.book VALUES ('substances', '["Ni", "Cu", "C", "H2O", "other"]');
INSERT INTO v2.book VALUES ('lock', '409746324');
INSERT INTO v2.book VALUES ('verifier 86b6d143', 'gmbi.example/book+86b6d143+AVgGnocegg65SE8GSZnWCKHBjy/vSsCEx4LwEa77gvIn');
INSERT INTO v2.checkpoint VALUES (28, 'gmbi.example/book
28
70vV5zCsn6y5TiXePYzu7kgNfAbFvpZAZAp53fbexGo=

— gmbi.example/book hrbRQ7Cy29dN+nQYzmvbtgartyCcHOZ5B2j6t9/j6/5vSkTzxqx0Fsue4XrVTZpczZvd9ZTo4f4vc6BCMg7Y52SgGQs=
');
INSERT INTO v2.checkpoint VALUES (31, 'gmbi.example/book
31
BBFaR8wgSzFZsujpSIOVF+JNMasxgGwCuz3P+TSfG+E=

— gmbi.example/book hrbRQ+AzLM9H2pH52eXA5ymq0Mk6Bwu6AxFQqFTyNThXEAZdcyOmcl74YRCAPHoLqDAXJHEWd3k/WU3BfnGrrfbfAQ8=
');
INSERT INTO v2.closing VALUES ('Feb', 28, 1769904000000000, 1772323200000000);
INSERT INTO v2.edge VALUES (9, 'supplier/LGES//', 'S1', 1000000000, 200000000, 0, 0, 0, 800000000, 0);
INSERT INTO v2.edge VALUES (10, 'supplier/LGES//', 'S2', 500000000, 100000000, 0, 0, 0, 400000000, 0);
INSERT INTO v2.edge VALUES (11, 'reassay//WS/', 'S1', 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v2.edge VALUES (12, 'S1', 'reassay//WS/', 50500000, 0, 0, 0, 0, 50500000, 0);
INSERT INTO v2.edge VALUES (12, 'reassay//WS/', 'S1', 50500000, 50500000, 0, 0, 0, 0, 0);
INSERT INTO v2.edge VALUES (13, 'S1', 'S1-a', 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v2.edge VALUES (14, 'S1', 'S3', 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v2.edge VALUES (14, 'S1', 'S4', 300000000, 75000000, 0, 0, 0, 225000000, 0);
INSERT INTO v2.edge VALUES (15, 'S2', 'B1', 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v2.edge VALUES (15, 'S3', 'B1', 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v2.edge VALUES (16, 'S4', 'M1', 200000000, 60000000, 0, 0, 0, 140000000, 0);
INSERT INTO v2.edge VALUES (16, 'S4', 'P1', 80000000, 0, 0, 0, 0, 80000000, 0);
INSERT INTO v2.edge VALUES (16, 'S4', 'unaccounted//WS/', 15000000, 15000000, 0, 0, 0, 0, 0);
INSERT INTO v2.edge VALUES (16, 'S4', 'waste//WS/', 5000000, 0, 0, 0, 0, 5000000, 0);
INSERT INTO v2.edge VALUES (16, 'unaccounted//WS/', 'emission//WS/', 1000000, 0, 0, 1000000, 0, 0, 0);
INSERT INTO v2.edge VALUES (20, 'M1', 'unaccounted//in transit 77/', 2000000, 600000, 0, 0, 0, 1400000, 0);
INSERT INTO v2.edge VALUES (21, 'M1', 'customer/REFINER//', 198000000, 59400000, 0, 0, 0, 138600000, 0);
INSERT INTO v2.edge VALUES (22, 'P1', 'stock-take//REF/', 1000000, 0, 0, 0, 0, 1000000, 0);
INSERT INTO v2.edge VALUES (23, 'P1', 'waste//REF/', 9000000, 0, 0, 0, 0, 9000000, 0);
INSERT INTO v2.edge VALUES (26, 'supplier/LGES//', 'S9', 7000000, 1400000, 0, 0, 0, 5600000, 0);
INSERT INTO v2.edge VALUES (27, 'supplier/LGES//', 'S9', -7000000, -1400000, 0, 0, 0, -5600000, 0);
INSERT INTO v2.edge VALUES (30, 'supplier/LGES//', 'T', 1000000000, 0, 0, 0, 0, 500000000, 500000000);
INSERT INTO v2.edge VALUES (31, 'T', 'reassay//WS/', 344500000, 0, 0, 0, 0, 172250000, 172250000);
INSERT INTO v2.edge VALUES (31, 'reassay//WS/', 'T', 344500000, 294500000, 0, 0, 50000000, 0, 0);
INSERT INTO v2.event VALUES (1, 'k1', 'register-party', 'amy', '', 1772323260000000, 1775779201000000, '{"actor":"amy","document":"","key":"k1","name":"","occurred_at":"2026-03-01T00:01:00+00:00","party":"LGES"}', NULL, '\x3cbd20535d362d8814eb8c0a6d41bc53002f925ad2ac41969ad99e5cc9870b20');
INSERT INTO v2.event VALUES (2, 'k2', 'register-party', 'amy', '', 1772323320000000, 1775779201000000, '{"actor":"amy","document":"","key":"k2","name":"","occurred_at":"2026-03-01T00:02:00+00:00","party":"GMBI"}', NULL, '\x0c914f2fffc16f30d4c9959932bdc5a9f91944f554377340f68edcafe49ad47e');
INSERT INTO v2.event VALUES (3, 'k3', 'register-party', 'amy', '', 1772323380000000, 1775779201000000, '{"actor":"amy","document":"","key":"k3","name":"","occurred_at":"2026-03-01T00:03:00+00:00","party":"REFINER"}', NULL, '\x5246e4d9be0fd446742521d49fb4c728c95b1fd88150d800e2aa42066bb65e00');
INSERT INTO v2.event VALUES (4, 'k4', 'register-site', 'amy', '', 1772323440000000, 1775779201000000, '{"actor":"amy","document":"","key":"k4","limits_kg":{"black mass":"5000"},"name":"","occurred_at":"2026-03-01T00:04:00+00:00","site":"WS"}', NULL, '\x682248da0b13be03405c68e79aba0fb45e56faa6867be8d999a69e1be2ae8ef0');
INSERT INTO v2.event VALUES (5, 'k5', 'register-site', 'amy', '', 1772323500000000, 1775779201000000, '{"actor":"amy","document":"","key":"k5","limits_kg":{},"name":"","occurred_at":"2026-03-01T00:05:00+00:00","site":"REF"}', NULL, '\x8f716fd6aacb39c51f7481fdccf8f4e506f5e0bbe1cdffa1d6c1a43b3ce1a854');
INSERT INTO v2.event VALUES (6, 'k6', 'register-material', 'amy', '', 1772323560000000, 1775779201000000, '{"actor":"amy","document":"","hazard":"","key":"k6","material":"scrap","name":"","occurred_at":"2026-03-01T00:06:00+00:00"}', NULL, '\x8d8eab26a43c9ea137178a46743032cbd6261da3c56be67c9a8bcaea79c9a3fb');
INSERT INTO v2.event VALUES (7, 'k7', 'register-material', 'amy', '', 1772323620000000, 1775779201000000, '{"actor":"amy","document":"","hazard":"black mass","key":"k7","material":"BM","name":"","occurred_at":"2026-03-01T00:07:00+00:00"}', NULL, '\xd1743bdb9d48c8b434c5ccf43189ffc189d5c7208e5b1eda5c058878b7364fba');
INSERT INTO v2.event VALUES (8, 'k8', 'open-period', 'amy', '', 1772323680000000, 1775779202000000, '{"actor":"amy","document":"","end":"2026-03-01T00:00:00+00:00","key":"k8","occurred_at":"2026-03-01T00:08:00+00:00","period":"Feb","start":"2026-02-01T00:00:00+00:00"}', NULL, '\x7d6721a8d6939631ee0d99d5d5cfebf3557dd22f7d66343520bfb04f5e49204a');
INSERT INTO v2.event VALUES (9, 'k9', 'receive', 'amy', '', 1772323740000000, 1775779203000000, '{"actor":"amy","document":"","key":"k9","lot":"S1","mass_kg":"1000","material":"scrap","occurred_at":"2026-03-01T00:09:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\x2832f36232ed3d74d9b5b2613dcc1e5fb8bcb1e29bb9fc298427ff83516ad9dc');
INSERT INTO v2.event VALUES (10, 'k10', 'receive', 'amy', '', 1772323800000000, 1775779204000000, '{"actor":"amy","document":"","key":"k10","lot":"S2","mass_kg":"500","material":"scrap","occurred_at":"2026-03-01T00:10:00+00:00","owner":"GMBI","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\x242246561a724b993a7f9b7192a0d4b825a0befec513cdb4c03fd3169c2fde77');
INSERT INTO v2.event VALUES (11, 'k11', 'weigh', 'amy', '', 1772323860000000, 1775779205000000, '{"actor":"amy","document":"","gross_kg":"1510","key":"k11","lot":"S1","occurred_at":"2026-03-01T00:11:00+00:00","scale":"","tare_kg":"500","ticket":"T1","uncertainty_kg":"0"}', NULL, '\xcda917f69cb93d09240893862299ade765ed249768df1931cc39010349b5649e');
INSERT INTO v2.event VALUES (12, 'k12', 'assay', 'amy', '', 1772323920000000, 1775779206000000, '{"actor":"amy","basis":"as received","document":"","key":"k12","laboratory":"","lot":"S1","method":"","moisture":null,"moisture_uncertainty":null,"occurred_at":"2026-03-01T00:12:00+00:00","sample":"","shares":{"Ni":"0.25"},"stage":"provisional","uncertainty":{}}', NULL, '\x716bd862da6e166b299fc9902abff6486c668efd79673b0f3e857425ee921b1f');
INSERT INTO v2.event VALUES (13, 'k13', 'sample', 'amy', '', 1772323980000000, 1775779207000000, '{"actor":"amy","document":"","key":"k13","lot":"S1","mass_kg":"10","occurred_at":"2026-03-01T00:13:00+00:00","sample":"S1-a"}', NULL, '\x0a18a9bc30f61dbf221a7afbe293b0dfe885c7848dbd56aa91336352750e49b1');
INSERT INTO v2.event VALUES (14, 'k14', 'split', 'amy', '', 1772324040000000, 1775779208000000, '{"actor":"amy","document":"","key":"k14","lot":"S1","occurred_at":"2026-03-01T00:14:00+00:00","parts_kg":{"S3":"200","S4":"300"}}', NULL, '\xe4a6a602690e5df43c281612b092248c6573cfb07b40a892b230c8d89081dee0');
INSERT INTO v2.event VALUES (15, 'k15', 'blend', 'amy', '', 1772324100000000, 1775779209000000, '{"actor":"amy","document":"","inputs_kg":{"S2":"100","S3":null},"key":"k15","lot":"B1","material":"scrap","occurred_at":"2026-03-01T00:15:00+00:00","site":"WS"}', NULL, '\x0b7e58e8738c7faa2f709dca0622168cb5b8c221a15c62524fb1ce8763b7bfde');
INSERT INTO v2.event VALUES (16, 'k16', 'process', 'amy', '', 1772324160000000, 1775779210000000, '{"actor":"amy","document":"","emissions_kg":{"C":"1"},"inputs_kg":{"S4":null},"key":"k16","occurred_at":"2026-03-01T00:16:00+00:00","outputs":[{"lot":"M1","mass_kg":"200","material":"BM","shares":{"Ni":"0.3"}},{"lot":"P1","mass_kg":"80","material":"scrap","shares":{}}],"run":"R1","share_by":"substance","site":"WS","waste_kg":{"other":"5"}}', NULL, '\x012d3521613da404886b63035ead9843e2b3e3c2fd95afd923aceac3833e702a');
INSERT INTO v2.event VALUES (17, 'k17', 'transfer-title', 'amy', '', 1772324220000000, 1775779211000000, '{"actor":"amy","buyer":"GMBI","document":"","key":"k17","lot":"M1","mass_kg":"50","occurred_at":"2026-03-01T00:17:00+00:00","seller":"LGES"}', NULL, '\xf33161200f724f59c2e8afb64be0debc760c1190fcc7da9e2ac879d24098b5f4');
INSERT INTO v2.event VALUES (18, 'k18', 'move', 'amy', '', 1772324280000000, 1775779212000000, '{"actor":"amy","document":"","from_site":"WS","key":"k18","lot":"P1","occurred_at":"2026-03-01T00:18:00+00:00","to_site":"REF"}', NULL, '\x24774e135659cc0020f8869977ea021c06d258ee5fc869f56c6a6f427a20e2b2');
INSERT INTO v2.event VALUES (19, 'k19', 'ship', 'amy', '', 1772324340000000, 1775779213000000, '{"actor":"amy","consignment":"77","document":"","from_site":"WS","key":"k19","lot":"M1","occurred_at":"2026-03-01T00:19:00+00:00"}', NULL, '\x2fe9cfb3b09b659b701a5a5c7ea2e85042dbb9a4626621f596b3786e37e8fa44');
INSERT INTO v2.event VALUES (20, 'k20', 'arrive', 'amy', '', 1772324400000000, 1775779214000000, '{"actor":"amy","consignment":"77","document":"","key":"k20","lot":"M1","mass_kg":"198","occurred_at":"2026-03-01T00:20:00+00:00","site":"REF"}', NULL, '\xd45bbf43e4f3077f04d02f2d1db9881ec1e9f93fcec3fe1b17a528d46114f81c');
INSERT INTO v2.event VALUES (21, 'k21', 'deliver', 'amy', '', 1772324460000000, 1775779215000000, '{"actor":"amy","customer":"REFINER","document":"","key":"k21","lot":"M1","occurred_at":"2026-03-01T00:21:00+00:00","site":"REF"}', NULL, '\x660b2d0d7958b8f6a79874333ccb77ee63fe5d90fdeb234a4be033aa9cf5a39d');
INSERT INTO v2.event VALUES (22, 'k22', 'stock-take', 'amy', '', 1772324520000000, 1775779216000000, '{"actor":"amy","counted_kg":"79","document":"","key":"k22","lot":"P1","occurred_at":"2026-03-01T00:22:00+00:00","site":"REF"}', NULL, '\x2d9fdbd62d8eb25379da8fc2123a42de3ec5c98018f64737b86b62c25223d279');
INSERT INTO v2.event VALUES (23, 'k23', 'dispose', 'amy', '', 1772324580000000, 1775779217000000, '{"actor":"amy","document":"","key":"k23","lot":"P1","mass_kg":"9","occurred_at":"2026-03-01T00:23:00+00:00","site":"REF","way":"waste"}', NULL, '\x0046fb31ae477e5bf866cd8510d67e607ee835a3ba94cb5ed50f6dd6d784bef6');
INSERT INTO v2.event VALUES (24, 'k24', 'hold', 'amy', '', 1772324640000000, 1775779218000000, '{"actor":"amy","document":"","key":"k24","lot":"S2","occurred_at":"2026-03-01T00:24:00+00:00","reason":"wet"}', NULL, '\x45b19b4c96f9035b28923fd0b2017f7c891e895fe7debd4eb71cc420fb04fb3a');
INSERT INTO v2.event VALUES (25, 'k25', 'release', 'amy', '', 1772324700000000, 1775779219000000, '{"actor":"amy","document":"","key":"k25","lot":"S2","occurred_at":"2026-03-01T00:25:00+00:00"}', NULL, '\xd05992517ceb1921d04808d44c47784a7c5f25c123455e4b14c52f8b2e23f69b');
INSERT INTO v2.event VALUES (26, 'k28', 'receive', 'amy', '', 1772324880000000, 1775779220000000, '{"actor":"amy","document":"","key":"k28","lot":"S9","mass_kg":"7","material":"scrap","occurred_at":"2026-03-01T00:28:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\xca1c2d8bb80cd6ffdf6db2df3c5fd69fd6668a0546a9d7c5ee36d022dbd0eb04');
INSERT INTO v2.event VALUES (27, 'k29', 'reverse', 'amy', '', 1772324940000000, 1775779221000000, '{"actor":"amy","document":"","event":"k28","key":"k29","occurred_at":"2026-03-01T00:29:00+00:00","reason":"typed twice"}', 'k28', '\x87f4b37733399dbb9b857eb7535740d2ac82dec1968ad73633bd7eaa50129457');
INSERT INTO v2.event VALUES (28, 'k27', 'close-period', 'amy', '', 1772324820000000, 1775779222000000, '{"actor":"amy","document":"","key":"k27","occurred_at":"2026-03-01T00:27:00+00:00","period":"Feb"}', NULL, '\xcaef4f3e151036ae44cabd6cd30e354f1ea4125cf2b77340b8d77cbf76fb489f');
INSERT INTO v2.event VALUES (29, 'k30', 'add-substance', 'amy', '', 1772325000000000, 1775779223000000, '{"actor":"amy","document":"","key":"k30","occurred_at":"2026-03-01T00:30:00+00:00","substance":"Ti"}', NULL, '\x183800723d82d15cf0f73ef589550ac18dd77fdaa4c1e87d5a66cf340409233c');
INSERT INTO v2.event VALUES (30, 'k31', 'receive', 'amy', '', 1772325060000000, 1775779224000000, '{"actor":"amy","document":"","key":"k31","lot":"T","mass_kg":"1000","material":"scrap","occurred_at":"2026-03-01T00:31:00+00:00","owner":"LGES","shares":{"Ti":"0.5"},"site":"WS","supplier":"LGES"}', NULL, '\x48c973ff60bad0c200a257561913f991a76eb7af313b495837ffc1aced34a99f');
INSERT INTO v2.event VALUES (31, 'k32', 'assay', 'amy', '', 1772325120000000, 1775779225000000, '{"actor":"amy","basis":"dry","document":"","key":"k32","laboratory":"Lab A","lot":"T","method":"","moisture":"0.05","moisture_uncertainty":null,"occurred_at":"2026-03-01T00:32:00+00:00","sample":"A-1","shares":{"Ni":"0.31"},"stage":"final","uncertainty":{"Ni":"0.002"}}', NULL, '\xea51c6c0c10a1afed7e798ca077bc8f6f2325a3fe7d10572e48769e30c69d613');
INSERT INTO v2.leaf VALUES (0, 1);
INSERT INTO v2.leaf VALUES (1, 2);
INSERT INTO v2.leaf VALUES (2, 3);
INSERT INTO v2.leaf VALUES (3, 4);
INSERT INTO v2.leaf VALUES (4, 5);
INSERT INTO v2.leaf VALUES (5, 6);
INSERT INTO v2.leaf VALUES (6, 7);
INSERT INTO v2.leaf VALUES (7, 8);
INSERT INTO v2.leaf VALUES (8, 9);
INSERT INTO v2.leaf VALUES (9, 10);
INSERT INTO v2.leaf VALUES (10, 11);
INSERT INTO v2.leaf VALUES (11, 12);
INSERT INTO v2.leaf VALUES (12, 13);
INSERT INTO v2.leaf VALUES (13, 14);
INSERT INTO v2.leaf VALUES (14, 15);
INSERT INTO v2.leaf VALUES (15, 16);
INSERT INTO v2.leaf VALUES (16, 17);
INSERT INTO v2.leaf VALUES (17, 18);
INSERT INTO v2.leaf VALUES (18, 19);
INSERT INTO v2.leaf VALUES (19, 20);
INSERT INTO v2.leaf VALUES (20, 21);
INSERT INTO v2.leaf VALUES (21, 22);
INSERT INTO v2.leaf VALUES (22, 23);
INSERT INTO v2.leaf VALUES (23, 24);
INSERT INTO v2.leaf VALUES (24, 25);
INSERT INTO v2.leaf VALUES (25, 26);
INSERT INTO v2.leaf VALUES (26, 27);
INSERT INTO v2.leaf VALUES (27, 28);
INSERT INTO v2.leaf VALUES (28, 29);
INSERT INTO v2.leaf VALUES (29, 30);
INSERT INTO v2.leaf VALUES (30, 31);
INSERT INTO v2.load VALUES ('WS', 'black mass', 0, 5000000000);
INSERT INTO v2.lot VALUES ('S1', 'scrap', 9, 0);
INSERT INTO v2.lot VALUES ('S2', 'scrap', 10, 0);
INSERT INTO v2.lot VALUES ('S1-a', 'scrap', 13, 0);
INSERT INTO v2.lot VALUES ('S3', 'scrap', 14, 0);
INSERT INTO v2.lot VALUES ('S4', 'scrap', 14, 1);
INSERT INTO v2.lot VALUES ('B1', 'scrap', 15, 0);
INSERT INTO v2.lot VALUES ('M1', 'BM', 16, 0);
INSERT INTO v2.lot VALUES ('P1', 'scrap', 16, 1);
INSERT INTO v2.lot VALUES ('S9', 'scrap', 26, 0);
INSERT INTO v2.lot VALUES ('T', 'scrap', 30, 0);
INSERT INTO v2.measurement VALUES (9, 0, 'S1', 'mass', '1000000000', '', '', '', '', '', 'declared', '');
INSERT INTO v2.measurement VALUES (10, 0, 'S2', 'mass', '500000000', '', '', '', '', '', 'declared', '');
INSERT INTO v2.measurement VALUES (11, 0, 'S1', 'gross', '1510000000', '0', 'weighbridge', '', 'T1', '', '', '');
INSERT INTO v2.measurement VALUES (11, 1, 'S1', 'tare', '500000000', '0', 'weighbridge', '', 'T1', '', '', '');
INSERT INTO v2.measurement VALUES (11, 2, 'S1', 'mass', '1010000000', '0', 'weighbridge', '', 'T1', '', '', '');
INSERT INTO v2.measurement VALUES (12, 0, 'S1', 'Ni', '0.25', '', '', '', '', '', 'provisional', '');
INSERT INTO v2.measurement VALUES (20, 0, 'M1', 'mass', '198000000', '', '', '', '', '', 'arrived', '');
INSERT INTO v2.measurement VALUES (22, 0, 'P1', 'mass', '79000000', '', '', '', '', '', 'counted', '');
INSERT INTO v2.measurement VALUES (26, 0, 'S9', 'mass', '7000000', '', '', '', '', '', 'declared', '');
INSERT INTO v2.measurement VALUES (30, 0, 'T', 'mass', '1000000000', '', '', '', '', '', 'declared', '');
INSERT INTO v2.measurement VALUES (31, 0, 'T', 'Ni', '0.31', '0.002', '', 'Lab A', 'A-1', 'laboratory Lab A', 'final', 'dry');
INSERT INTO v2.measurement VALUES (31, 1, 'T', 'H2O', '0.05', '', '', 'Lab A', 'A-1', 'laboratory Lab A', 'final', '');
INSERT INTO v2.node VALUES (4, 0, '\x5dd74c8b9cdf65ec510dc355798d8b3cc6f5bf6903ca6b521c30286636129ab4');
INSERT INTO v2.noun VALUES (7, 'material', 'BM', '{"hazard":"black mass","name":"BM"}');
INSERT INTO v2.noun VALUES (2, 'party', 'GMBI', '{"name":"GMBI"}');
INSERT INTO v2.noun VALUES (1, 'party', 'LGES', '{"name":"LGES"}');
INSERT INTO v2.noun VALUES (5, 'site', 'REF', '{"limits":{},"name":"REF"}');
INSERT INTO v2.noun VALUES (3, 'party', 'REFINER', '{"name":"REFINER"}');
INSERT INTO v2.noun VALUES (4, 'site', 'WS', '{"limits":{"black mass":"5000000000"},"name":"WS"}');
INSERT INTO v2.noun VALUES (6, 'material', 'scrap', '{"hazard":"","name":"scrap"}');
INSERT INTO v2.noun VALUES (8, 'period', 'Feb', '{"end":"1772323200000000","start":"1769904000000000"}');
INSERT INTO v2.noun VALUES (24, 'hold', 'S2', '{"reason":"wet"}');
INSERT INTO v2.noun VALUES (25, 'hold', 'S2', '{"reason":""}');
INSERT INTO v2.noun VALUES (28, 'close', 'Feb', '{}');
INSERT INTO v2.noun VALUES (29, 'substance', 'Ti', '{}');
INSERT INTO v2.posting VALUES (9, 32, 1000000000, 200000000, 0, 0, 0, 800000000, 0);
INSERT INTO v2.posting VALUES (9, 33, -1000000000, -200000000, 0, 0, 0, -800000000, 0);
INSERT INTO v2.posting VALUES (10, 31, 500000000, 100000000, 0, 0, 0, 400000000, 0);
INSERT INTO v2.posting VALUES (10, 33, -500000000, -100000000, 0, 0, 0, -400000000, 0);
INSERT INTO v2.posting VALUES (11, 32, 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v2.posting VALUES (11, 34, -10000000, -2000000, 0, 0, 0, -8000000, 0);
INSERT INTO v2.posting VALUES (12, 32, 0, 50500000, 0, 0, 0, -50500000, 0);
INSERT INTO v2.posting VALUES (12, 34, 0, -50500000, 0, 0, 0, 50500000, 0);
INSERT INTO v2.posting VALUES (13, 32, -10000000, -2500000, 0, 0, 0, -7500000, 0);
INSERT INTO v2.posting VALUES (13, 30, 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v2.posting VALUES (14, 32, -500000000, -125000000, 0, 0, 0, -375000000, 0);
INSERT INTO v2.posting VALUES (14, 29, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v2.posting VALUES (14, 28, 300000000, 75000000, 0, 0, 0, 225000000, 0);
INSERT INTO v2.posting VALUES (15, 27, 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v2.posting VALUES (15, 31, -100000000, -20000000, 0, 0, 0, -80000000, 0);
INSERT INTO v2.posting VALUES (15, 26, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v2.posting VALUES (15, 29, -200000000, -50000000, 0, 0, 0, -150000000, 0);
INSERT INTO v2.posting VALUES (16, 35, 1000000, 0, 0, 1000000, 0, 0, 0);
INSERT INTO v2.posting VALUES (16, 25, 200000000, 60000000, 0, 0, 0, 140000000, 0);
INSERT INTO v2.posting VALUES (16, 24, 80000000, 0, 0, 0, 0, 80000000, 0);
INSERT INTO v2.posting VALUES (16, 28, -300000000, -75000000, 0, 0, 0, -225000000, 0);
INSERT INTO v2.posting VALUES (16, 36, 14000000, 15000000, 0, -1000000, 0, 0, 0);
INSERT INTO v2.posting VALUES (16, 37, 5000000, 0, 0, 0, 0, 5000000, 0);
INSERT INTO v2.posting VALUES (17, 23, 50000000, 15000000, 0, 0, 0, 35000000, 0);
INSERT INTO v2.posting VALUES (17, 25, -50000000, -15000000, 0, 0, 0, -35000000, 0);
INSERT INTO v2.posting VALUES (18, 22, 80000000, 0, 0, 0, 0, 80000000, 0);
INSERT INTO v2.posting VALUES (18, 24, -80000000, 0, 0, 0, 0, -80000000, 0);
INSERT INTO v2.posting VALUES (19, 23, -50000000, -15000000, 0, 0, 0, -35000000, 0);
INSERT INTO v2.posting VALUES (19, 21, 50000000, 15000000, 0, 0, 0, 35000000, 0);
INSERT INTO v2.posting VALUES (19, 25, -150000000, -45000000, 0, 0, 0, -105000000, 0);
INSERT INTO v2.posting VALUES (19, 20, 150000000, 45000000, 0, 0, 0, 105000000, 0);
INSERT INTO v2.posting VALUES (20, 19, 49500000, 14850000, 0, 0, 0, 34650000, 0);
INSERT INTO v2.posting VALUES (20, 21, -50000000, -15000000, 0, 0, 0, -35000000, 0);
INSERT INTO v2.posting VALUES (20, 18, 148500000, 44550000, 0, 0, 0, 103950000, 0);
INSERT INTO v2.posting VALUES (20, 20, -150000000, -45000000, 0, 0, 0, -105000000, 0);
INSERT INTO v2.posting VALUES (20, 38, 500000, 150000, 0, 0, 0, 350000, 0);
INSERT INTO v2.posting VALUES (20, 39, 1500000, 450000, 0, 0, 0, 1050000, 0);
INSERT INTO v2.posting VALUES (21, 40, 198000000, 59400000, 0, 0, 0, 138600000, 0);
INSERT INTO v2.posting VALUES (21, 19, -49500000, -14850000, 0, 0, 0, -34650000, 0);
INSERT INTO v2.posting VALUES (21, 18, -148500000, -44550000, 0, 0, 0, -103950000, 0);
INSERT INTO v2.posting VALUES (22, 22, -1000000, 0, 0, 0, 0, -1000000, 0);
INSERT INTO v2.posting VALUES (22, 41, 1000000, 0, 0, 0, 0, 1000000, 0);
INSERT INTO v2.posting VALUES (23, 22, -9000000, 0, 0, 0, 0, -9000000, 0);
INSERT INTO v2.posting VALUES (23, 42, 9000000, 0, 0, 0, 0, 9000000, 0);
INSERT INTO v2.posting VALUES (26, 17, 7000000, 1400000, 0, 0, 0, 5600000, 0);
INSERT INTO v2.posting VALUES (26, 33, -7000000, -1400000, 0, 0, 0, -5600000, 0);
INSERT INTO v2.posting VALUES (27, 17, -7000000, -1400000, 0, 0, 0, -5600000, 0);
INSERT INTO v2.posting VALUES (27, 33, 7000000, 1400000, 0, 0, 0, 5600000, 0);
INSERT INTO v2.posting VALUES (30, 16, 1000000000, 0, 0, 0, 0, 500000000, 500000000);
INSERT INTO v2.posting VALUES (30, 33, -1000000000, 0, 0, 0, 0, -500000000, -500000000);
INSERT INTO v2.posting VALUES (31, 16, 0, 294500000, 0, 0, 50000000, -172250000, -172250000);
INSERT INTO v2.posting VALUES (31, 34, 0, -294500000, 0, 0, -50000000, 172250000, 172250000);
SELECT pg_catalog.setval('v2.account_number', 42, true);
SELECT pg_catalog.setval('v2.event_number', 31, true);
ALTER TABLE ONLY v2.account
    ADD CONSTRAINT account_lot_kind_party_site_key UNIQUE (lot, kind, party, site);
ALTER TABLE ONLY v2.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY v2.balance_of_boundary
    ADD CONSTRAINT balance_of_boundary_pkey PRIMARY KEY (account, shard);
ALTER TABLE ONLY v2.balance_of_lot
    ADD CONSTRAINT balance_of_lot_pkey PRIMARY KEY (account);
ALTER TABLE ONLY v2.book
    ADD CONSTRAINT book_pkey PRIMARY KEY (key);
ALTER TABLE ONLY v2.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (size, note);
ALTER TABLE ONLY v2.closing
    ADD CONSTRAINT closing_pkey PRIMARY KEY (period);
ALTER TABLE ONLY v2.edge
    ADD CONSTRAINT edge_pkey PRIMARY KEY (target, event, source);
ALTER TABLE ONLY v2.event
    ADD CONSTRAINT event_key_key UNIQUE (key);
ALTER TABLE ONLY v2.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY v2.leaf
    ADD CONSTRAINT leaf_event_key UNIQUE (event);
ALTER TABLE ONLY v2.leaf
    ADD CONSTRAINT leaf_pkey PRIMARY KEY (place);
ALTER TABLE ONLY v2.load
    ADD CONSTRAINT load_pkey PRIMARY KEY (site, hazard);
ALTER TABLE ONLY v2.lot
    ADD CONSTRAINT lot_pkey PRIMARY KEY (id);
ALTER TABLE ONLY v2.measurement
    ADD CONSTRAINT measurement_pkey PRIMARY KEY (event, line);
ALTER TABLE ONLY v2.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (level, place);
ALTER TABLE ONLY v2.noun
    ADD CONSTRAINT noun_pkey PRIMARY KEY (kind, id, event);
ALTER TABLE ONLY v2.posting
    ADD CONSTRAINT posting_pkey PRIMARY KEY (event, account);
ALTER TABLE ONLY v2.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (moment, account);
CREATE INDEX edge_event ON v2.edge USING btree (event);
CREATE INDEX edge_source ON v2.edge USING btree (source);
CREATE INDEX event_occurred ON v2.event USING btree (occurred_at);
CREATE INDEX event_recorded ON v2.event USING btree (recorded_at);
CREATE UNIQUE INDEX event_reverses ON v2.event USING btree (reverses) WHERE (reverses IS NOT NULL);
CREATE INDEX lot_event ON v2.lot USING btree (event);
CREATE INDEX measurement_lot ON v2.measurement USING btree (lot);
CREATE INDEX noun_event ON v2.noun USING btree (event) WHERE (kind <> 'hold'::text);
CREATE INDEX posting_account ON v2.posting USING btree (account, event);
CREATE TRIGGER account_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.account FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER checkpoint_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER closing_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.closing FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER count_postings_posting AFTER INSERT ON v2.posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.count_postings();
CREATE TRIGGER edge_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.edge FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER event_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.event FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER leaf_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.leaf FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER lot_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.lot FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER measurement_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.measurement FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER node_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.node FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER noun_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.noun FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER open_account_account AFTER INSERT ON v2.account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.open_account();
CREATE TRIGGER posting_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v2.posting FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_change();
CREATE TRIGGER refuse_closed_event AFTER INSERT ON v2.event REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_closed();
CREATE TRIGGER refuse_sealed_closing AFTER INSERT ON v2.closing REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_sealed();
CREATE TRIGGER refuse_sealed_edge AFTER INSERT ON v2.edge REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_sealed();
CREATE TRIGGER refuse_sealed_lot AFTER INSERT ON v2.lot REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_sealed();
CREATE TRIGGER refuse_sealed_measurement AFTER INSERT ON v2.measurement REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_sealed();
CREATE TRIGGER refuse_sealed_noun AFTER INSERT ON v2.noun REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2.refuse_sealed();
ALTER TABLE ONLY v2.balance_of_boundary
    ADD CONSTRAINT balance_of_boundary_account_fkey FOREIGN KEY (account) REFERENCES v2.account(id);
ALTER TABLE ONLY v2.balance_of_lot
    ADD CONSTRAINT balance_of_lot_account_fkey FOREIGN KEY (account) REFERENCES v2.account(id);
ALTER TABLE ONLY v2.leaf
    ADD CONSTRAINT leaf_event_fkey FOREIGN KEY (event) REFERENCES v2.event(id);
ALTER TABLE ONLY v2.snapshot
    ADD CONSTRAINT snapshot_account_fkey FOREIGN KEY (account) REFERENCES v2.account(id);
