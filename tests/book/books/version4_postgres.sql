CREATE SCHEMA v4;
CREATE TABLE v4.account (
    id bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    party text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    lot text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v4.closing (
    period text NOT NULL COLLATE pg_catalog."C",
    event bigint NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL
);
CREATE TABLE v4.edge (
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
CREATE TABLE v4.event (
    id bigint NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL COLLATE pg_catalog."C",
    document text NOT NULL COLLATE pg_catalog."C",
    occurred_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    command text NOT NULL COLLATE pg_catalog."C",
    reverses text COLLATE pg_catalog."C",
    leaf bytea NOT NULL,
    amends text COLLATE pg_catalog."C",
    posted_at bigint NOT NULL,
    planner bigint NOT NULL,
    corrects text COLLATE pg_catalog."C"
);
CREATE TABLE v4.lot (
    id text NOT NULL COLLATE pg_catalog."C",
    again bigint NOT NULL,
    material text NOT NULL COLLATE pg_catalog."C",
    event bigint NOT NULL,
    line bigint NOT NULL
);
CREATE TABLE v4.measurement (
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
CREATE TABLE v4.noun (
    event bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v4.posting (
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
CREATE FUNCTION v4.append_rows(new_account v4.account[], new_event v4.event[], new_posting v4.posting[], new_edge v4.edge[], new_lot v4.lot[], new_measurement v4.measurement[], new_noun v4.noun[], new_closing v4.closing[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'v4', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$BEGIN IF new_account IS NOT NULL THEN INSERT INTO account SELECT * FROM unnest(new_account); END IF; IF new_event IS NOT NULL THEN INSERT INTO event SELECT * FROM unnest(new_event); END IF; IF new_posting IS NOT NULL THEN INSERT INTO posting SELECT * FROM unnest(new_posting); END IF; IF new_edge IS NOT NULL THEN INSERT INTO edge SELECT * FROM unnest(new_edge); END IF; IF new_lot IS NOT NULL THEN INSERT INTO lot SELECT * FROM unnest(new_lot); END IF; IF new_measurement IS NOT NULL THEN INSERT INTO measurement SELECT * FROM unnest(new_measurement); END IF; IF new_noun IS NOT NULL THEN INSERT INTO noun SELECT * FROM unnest(new_noun); END IF; IF new_closing IS NOT NULL THEN INSERT INTO closing SELECT * FROM unnest(new_closing); END IF; END$$;
CREATE FUNCTION v4.count_postings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v4', 'pg_temp'
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
          WHERE pg_try_advisory_xact_lock(2106475960, s) LIMIT 1;
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
CREATE FUNCTION v4.look(alone boolean, sites text[], hazards text[], lots text[], keys text[], spare integer) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v4', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
    BEGIN
      IF alone THEN
        PERFORM pg_advisory_xact_lock(2106475960, 0);
      ELSE
        PERFORM pg_advisory_xact_lock_shared(2106475960, 0);
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
        (SELECT coalesce(json_agg(json_build_array(l.id, l.material, e.occurred_at, l.again,
           EXISTS (SELECT 1 FROM event r WHERE r.reverses = e.key)) ORDER BY l.again), '[]')
         FROM lot l JOIN event e ON e.id = l.event WHERE l.id = ANY (lots)),
        (SELECT coalesce(json_agg(
           json_build_array(a.lot, a.id, a.party, a.site, b.last_at, b."s_Ni", b."s_Cu", b."s_C", b."s_H2O", b."s_other", b."s_Ti")), '[]')
         FROM account a JOIN balance_of_lot b ON b.account = a.id WHERE a.lot = ANY (lots)),
        (SELECT coalesce(json_object_agg(h.id, h.body), '{}') FROM (
           SELECT DISTINCT ON (id) id, body FROM noun WHERE kind = 'hold' AND id = ANY (lots)
           ORDER BY id, event DESC) h));
    END$$;
CREATE FUNCTION v4.open_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v4', 'pg_temp'
    AS $$
    BEGIN
      INSERT INTO balance_of_lot (account, mass) SELECT id, 0 FROM added WHERE kind = 'lot';
      RETURN NULL;
    END$$;
CREATE FUNCTION v4.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v4', 'pg_temp'
    AS $$
    BEGIN
      RAISE EXCEPTION 'frozen: % rows are never changed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END$$;
CREATE FUNCTION v4.refuse_closed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v4', 'pg_temp'
    AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM closing JOIN added
                 ON start_at <= added.posted_at AND added.posted_at < end_at) THEN
        RAISE EXCEPTION 'closed: the event is posted into a closed period' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      IF EXISTS (SELECT 1 FROM added WHERE posted_at < occurred_at OR amends IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM event o WHERE o.key = added.amends
                                 AND o.occurred_at = added.occurred_at)) THEN
        RAISE EXCEPTION 'late: the event it amends is not there, or has another date' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
CREATE FUNCTION v4.refuse_sealed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v4', 'pg_temp'
    AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM added WHERE (SELECT e.xmin FROM event e WHERE e.id = added.event)
                 IS DISTINCT FROM pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'sealed: only the transaction of an event adds to it' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
CREATE FUNCTION v4.refuse_second_maker() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'v4', 'pg_temp'
    AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM added WHERE again > 0 AND NOT EXISTS (
                   SELECT 1 FROM lot l JOIN event e ON e.id = l.event
                   JOIN event r ON r.reverses = e.key
                   WHERE l.id = added.id AND l.again = added.again - 1)) THEN
        RAISE EXCEPTION 'duplicate: this lot is there already, and what made it is not reversed' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
CREATE FUNCTION v4.try_lots(lots text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'v4', 'pg_temp'
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
CREATE SEQUENCE v4.account_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE v4.balance_of_boundary (
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
CREATE TABLE v4.balance_of_lot (
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
CREATE VIEW v4.balance AS
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
   FROM v4.balance_of_lot
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
   FROM v4.balance_of_boundary
  GROUP BY balance_of_boundary.account;
CREATE TABLE v4.book (
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE v4.checkpoint (
    size bigint NOT NULL,
    note text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE v4.event_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE v4.leaf (
    place bigint NOT NULL,
    event bigint NOT NULL
);
CREATE TABLE v4.load (
    site text NOT NULL COLLATE pg_catalog."C",
    hazard text NOT NULL COLLATE pg_catalog."C",
    mass bigint NOT NULL,
    most bigint NOT NULL,
    CONSTRAINT storage_limit CHECK ((mass <= most))
)
WITH (fillfactor='50');
CREATE TABLE v4.node (
    level bigint NOT NULL,
    place bigint NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE v4.snapshot (
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
INSERT INTO v4.account VALUES (33, 'supplier', 'LGES', '', '');
INSERT INTO v4.account VALUES (32, 'lot', 'LGES', 'WS', 'S1');
INSERT INTO v4.account VALUES (31, 'lot', 'GMBI', 'WS', 'S2');
INSERT INTO v4.account VALUES (34, 'reassay', 'LGES', 'WS', '');
INSERT INTO v4.account VALUES (30, 'lot', 'LGES', 'WS', 'S1-a');
INSERT INTO v4.account VALUES (29, 'lot', 'LGES', 'WS', 'S3');
INSERT INTO v4.account VALUES (28, 'lot', 'LGES', 'WS', 'S4');
INSERT INTO v4.account VALUES (27, 'lot', 'GMBI', 'WS', 'B1');
INSERT INTO v4.account VALUES (26, 'lot', 'LGES', 'WS', 'B1');
INSERT INTO v4.account VALUES (35, 'emission', 'LGES', 'WS', '');
INSERT INTO v4.account VALUES (36, 'unaccounted', 'LGES', 'WS', '');
INSERT INTO v4.account VALUES (37, 'waste', 'LGES', 'WS', '');
INSERT INTO v4.account VALUES (25, 'lot', 'LGES', 'WS', 'M1');
INSERT INTO v4.account VALUES (24, 'lot', 'LGES', 'WS', 'P1');
INSERT INTO v4.account VALUES (23, 'lot', 'GMBI', 'WS', 'M1');
INSERT INTO v4.account VALUES (22, 'lot', 'LGES', 'REF', 'P1');
INSERT INTO v4.account VALUES (21, 'lot', 'GMBI', 'in transit 77', 'M1');
INSERT INTO v4.account VALUES (20, 'lot', 'LGES', 'in transit 77', 'M1');
INSERT INTO v4.account VALUES (38, 'unaccounted', 'GMBI', 'in transit 77', '');
INSERT INTO v4.account VALUES (39, 'unaccounted', 'LGES', 'in transit 77', '');
INSERT INTO v4.account VALUES (19, 'lot', 'GMBI', 'REF', 'M1');
INSERT INTO v4.account VALUES (18, 'lot', 'LGES', 'REF', 'M1');
INSERT INTO v4.account VALUES (40, 'customer', 'REFINER', '', '');
INSERT INTO v4.account VALUES (41, 'stock-take', 'LGES', 'REF', '');
INSERT INTO v4.account VALUES (42, 'waste', 'LGES', 'REF', '');
INSERT INTO v4.account VALUES (17, 'lot', 'LGES', 'WS', 'S9');
INSERT INTO v4.account VALUES (16, 'lot', 'LGES', 'WS', 'T');
INSERT INTO v4.account VALUES (15, 'lot', 'LGES', 'WS', 'Z');
INSERT INTO v4.account VALUES (14, 'lot', 'LGES', 'WS', 'Z1');
INSERT INTO v4.balance_of_boundary VALUES (35, 1, 1000000, 0, 0, 1000000, 0, 0, 0);
INSERT INTO v4.balance_of_boundary VALUES (37, 1, 5000000, 0, 0, 0, 0, 5000000, 0);
INSERT INTO v4.balance_of_boundary VALUES (38, 1, 500000, 150000, 0, 0, 0, 350000, 0);
INSERT INTO v4.balance_of_boundary VALUES (39, 1, 1500000, 450000, 0, 0, 0, 1050000, 0);
INSERT INTO v4.balance_of_boundary VALUES (40, 1, 198000000, 59400000, 0, 0, 0, 138600000, 0);
INSERT INTO v4.balance_of_boundary VALUES (41, 1, 1000000, 0, 0, 0, 0, 1000000, 0);
INSERT INTO v4.balance_of_boundary VALUES (42, 1, 9000000, 0, 0, 0, 0, 9000000, 0);
INSERT INTO v4.balance_of_boundary VALUES (33, 1, -2560000000, -312000000, 0, 0, 0, -1748000000, -500000000);
INSERT INTO v4.balance_of_boundary VALUES (36, 1, 14000000, 12000000, 0, -1000000, 0, 3000000, 0);
INSERT INTO v4.balance_of_boundary VALUES (34, 1, -10000000, -344000000, 0, 0, -50000000, 211750000, 172250000);
INSERT INTO v4.balance_of_lot VALUES (28, 1772324160000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (32, 1772324040000000, 500000000, 125000000, 0, 0, 0, 375000000, 0);
INSERT INTO v4.balance_of_lot VALUES (30, 1772323980000000, 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v4.balance_of_lot VALUES (26, 1772324100000000, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v4.balance_of_lot VALUES (27, 1772324100000000, 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v4.balance_of_lot VALUES (29, 1772324100000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (31, 1772324100000000, 400000000, 80000000, 0, 0, 0, 320000000, 0);
INSERT INTO v4.balance_of_lot VALUES (24, 1772324280000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (23, 1772324340000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (25, 1772324340000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (20, 1772324400000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (21, 1772324400000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (18, 1772324460000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (19, 1772324460000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (22, 1772324580000000, 70000000, 0, 0, 0, 0, 70000000, 0);
INSERT INTO v4.balance_of_lot VALUES (17, 1772324880000000, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO v4.balance_of_lot VALUES (16, 1772325240000000, 1000000000, 294500000, 0, 0, 50000000, 327750000, 327750000);
INSERT INTO v4.balance_of_lot VALUES (14, 1772325180000000, 20000000, 4000000, 0, 0, 0, 16000000, 0);
INSERT INTO v4.balance_of_lot VALUES (15, 1772325180000000, 40000000, 8000000, 0, 0, 0, 32000000, 0);
INSERT INTO v4.book VALUES ('version', '4');
INSERT INTO v4.book VALUES ('substances', '["Ni", "Cu", "C", "H2O", "other"]');
INSERT INTO v4.book VALUES ('lock', '2106475960');
INSERT INTO v4.book VALUES ('verifier 759c649d', 'gmbi.example/book+759c649d+AQLH7WOqghZQPIBpJm0ly6Wf++og6dU0T/Ar+QWz4Cph');
INSERT INTO v4.checkpoint VALUES (28, 'gmbi.example/book
28
bJpO6ehcPnQHCNa88FuZy6kYwrt4weonf2n5lZoERms=

— gmbi.example/book dZxknf8tRu0/ch/vxrQkxocNUbikIkLj7IJxgWeCSThDlOmsyUz5ZHIqYsm8t/m0IGH3tDyiDf8doJ8H40CHGTYg7wA=
');
INSERT INTO v4.checkpoint VALUES (43, 'gmbi.example/book
43
/w2wE2tk0XggaH15vM+yqH/oiRUPLuC8G95SwFbpFMY=

— gmbi.example/book dZxknbpcmVrK4yiueCWbh5rU5RcullQdD9Aygzncr7Mj7s7mupc80pzB1GgZ1oBicLSzadn+h9sq1Rkusbr6T/+QAAM=
');
INSERT INTO v4.closing VALUES ('Feb', 28, 1769904000000000, 1772323200000000);
INSERT INTO v4.closing VALUES ('1 March', 39, 1772323200000000, 1772409600000000);
INSERT INTO v4.edge VALUES (9, 'supplier/LGES//', 'S1', 1000000000, 200000000, 0, 0, 0, 800000000, 0);
INSERT INTO v4.edge VALUES (10, 'supplier/LGES//', 'S2', 500000000, 100000000, 0, 0, 0, 400000000, 0);
INSERT INTO v4.edge VALUES (11, 'reassay//WS/', 'S1', 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v4.edge VALUES (12, 'S1', 'reassay//WS/', 50500000, 0, 0, 0, 0, 50500000, 0);
INSERT INTO v4.edge VALUES (12, 'reassay//WS/', 'S1', 50500000, 50500000, 0, 0, 0, 0, 0);
INSERT INTO v4.edge VALUES (13, 'S1', 'S1-a', 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v4.edge VALUES (14, 'S1', 'S3', 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v4.edge VALUES (14, 'S1', 'S4', 300000000, 75000000, 0, 0, 0, 225000000, 0);
INSERT INTO v4.edge VALUES (15, 'S2', 'B1', 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v4.edge VALUES (15, 'S3', 'B1', 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v4.edge VALUES (16, 'S4', 'M1', 200000000, 60000000, 0, 0, 0, 140000000, 0);
INSERT INTO v4.edge VALUES (16, 'S4', 'P1', 80000000, 0, 0, 0, 0, 80000000, 0);
INSERT INTO v4.edge VALUES (16, 'S4', 'unaccounted//WS/', 15000000, 15000000, 0, 0, 0, 0, 0);
INSERT INTO v4.edge VALUES (16, 'S4', 'waste//WS/', 5000000, 0, 0, 0, 0, 5000000, 0);
INSERT INTO v4.edge VALUES (16, 'unaccounted//WS/', 'emission//WS/', 1000000, 0, 0, 1000000, 0, 0, 0);
INSERT INTO v4.edge VALUES (20, 'M1', 'unaccounted//in transit 77/', 2000000, 600000, 0, 0, 0, 1400000, 0);
INSERT INTO v4.edge VALUES (21, 'M1', 'customer/REFINER//', 198000000, 59400000, 0, 0, 0, 138600000, 0);
INSERT INTO v4.edge VALUES (22, 'P1', 'stock-take//REF/', 1000000, 0, 0, 0, 0, 1000000, 0);
INSERT INTO v4.edge VALUES (23, 'P1', 'waste//REF/', 9000000, 0, 0, 0, 0, 9000000, 0);
INSERT INTO v4.edge VALUES (26, 'supplier/LGES//', 'S9', 7000000, 1400000, 0, 0, 0, 5600000, 0);
INSERT INTO v4.edge VALUES (27, 'supplier/LGES//', 'S9', -7000000, -1400000, 0, 0, 0, -5600000, 0);
INSERT INTO v4.edge VALUES (30, 'supplier/LGES//', 'T', 1000000000, 0, 0, 0, 0, 500000000, 500000000);
INSERT INTO v4.edge VALUES (31, 'supplier/LGES//', 'Z', 50000000, 10000000, 0, 0, 0, 40000000, 0);
INSERT INTO v4.edge VALUES (32, 'Z', 'Z1', 20000000, 4000000, 0, 0, 0, 16000000, 0);
INSERT INTO v4.edge VALUES (33, 'supplier/LGES//', 'Z', 60000000, 12000000, 0, 0, 0, 48000000, 0);
INSERT INTO v4.edge VALUES (34, 'supplier/LGES//', 'Z', -50000000, -10000000, 0, 0, 0, -40000000, 0);
INSERT INTO v4.edge VALUES (35, 'T', 'reassay//WS/', 344500000, 0, 0, 0, 0, 172250000, 172250000);
INSERT INTO v4.edge VALUES (35, 'reassay//WS/', 'T', 344500000, 294500000, 0, 0, 50000000, 0, 0);
INSERT INTO v4.edge VALUES (36, 'S1', 'reassay//WS/', 500000, 0, 0, 0, 0, 500000, 0);
INSERT INTO v4.edge VALUES (36, 'reassay//WS/', 'S1', 500000, 500000, 0, 0, 0, 0, 0);
INSERT INTO v4.edge VALUES (37, 'reassay//WS/', 'S1', 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v4.edge VALUES (40, 'S4', 'unaccounted//WS/', 0, -3000000, 0, 0, 0, 3000000, 0);
INSERT INTO v4.edge VALUES (41, 'S4', 'reassay//WS/', 3000000, 3000000, 0, 0, 0, 0, 0);
INSERT INTO v4.edge VALUES (41, 'reassay//WS/', 'S4', 3000000, 0, 0, 0, 0, 3000000, 0);
INSERT INTO v4.edge VALUES (42, 'S1', 'reassay//WS/', -500000, 0, 0, 0, 0, -500000, 0);
INSERT INTO v4.edge VALUES (42, 'reassay//WS/', 'S1', -500000, -500000, 0, 0, 0, 0, 0);
INSERT INTO v4.edge VALUES (43, 'reassay//WS/', 'S1', -10000000, -2000000, 0, 0, 0, -8000000, 0);
INSERT INTO v4.event VALUES (1, 'k1', 'register-party', 'amy', '', 1772323260000000, 1775779201000000, '{"actor":"amy","document":"","key":"k1","name":"","occurred_at":"2026-03-01T00:01:00+00:00","party":"LGES"}', NULL, '\x083e01b4f2d10b2ec8854195194eb5b0b38d1bdfc09f9a3c6c11eb28e78046cb', NULL, 1772323260000000, 1, NULL);
INSERT INTO v4.event VALUES (2, 'k2', 'register-party', 'amy', '', 1772323320000000, 1775779201000000, '{"actor":"amy","document":"","key":"k2","name":"","occurred_at":"2026-03-01T00:02:00+00:00","party":"GMBI"}', NULL, '\x6ff89009fae52f100ea119379d38c122c7b4b323bc13f8d959f7447900982379', NULL, 1772323320000000, 1, NULL);
INSERT INTO v4.event VALUES (3, 'k3', 'register-party', 'amy', '', 1772323380000000, 1775779201000000, '{"actor":"amy","document":"","key":"k3","name":"","occurred_at":"2026-03-01T00:03:00+00:00","party":"REFINER"}', NULL, '\x7ba62dd45d50e0e9cf80e7d8254ae209e9b44f4babdd8e654eef1263c51627b2', NULL, 1772323380000000, 1, NULL);
INSERT INTO v4.event VALUES (4, 'k4', 'register-site', 'amy', '', 1772323440000000, 1775779201000000, '{"actor":"amy","document":"","key":"k4","limits_kg":{"black mass":"5000"},"name":"","occurred_at":"2026-03-01T00:04:00+00:00","site":"WS"}', NULL, '\xba0054cfdc18430bfeb37e37a5a87ca2c1b59364f78fdc83dd15fbc1d816f91e', NULL, 1772323440000000, 1, NULL);
INSERT INTO v4.event VALUES (5, 'k5', 'register-site', 'amy', '', 1772323500000000, 1775779201000000, '{"actor":"amy","document":"","key":"k5","limits_kg":{},"name":"","occurred_at":"2026-03-01T00:05:00+00:00","site":"REF"}', NULL, '\xe1c7e2bcd0ed8061215002bbc91dcbfa9bcd14f08dcb10bc1da958af2acc76f5', NULL, 1772323500000000, 1, NULL);
INSERT INTO v4.event VALUES (6, 'k6', 'register-material', 'amy', '', 1772323560000000, 1775779201000000, '{"actor":"amy","document":"","hazard":"","key":"k6","material":"scrap","name":"","occurred_at":"2026-03-01T00:06:00+00:00"}', NULL, '\xd981d17c3e86b4d11ea3ea9c20049a3c2116a0b1d95f9e8a761333d607a02a6b', NULL, 1772323560000000, 1, NULL);
INSERT INTO v4.event VALUES (7, 'k7', 'register-material', 'amy', '', 1772323620000000, 1775779201000000, '{"actor":"amy","document":"","hazard":"black mass","key":"k7","material":"BM","name":"","occurred_at":"2026-03-01T00:07:00+00:00"}', NULL, '\xb521a79e54e4bc89703f9144cbaffdde5d19952a6e38da16499e4b8a90b8d486', NULL, 1772323620000000, 1, NULL);
INSERT INTO v4.event VALUES (8, 'k8', 'open-period', 'amy', '', 1772323680000000, 1775779202000000, '{"actor":"amy","document":"","end":"2026-03-01T00:00:00+00:00","key":"k8","occurred_at":"2026-03-01T00:08:00+00:00","period":"Feb","start":"2026-02-01T00:00:00+00:00"}', NULL, '\xbd1a8e60db2ca305e66b9ed50ffa77a2c56301e5ab531a5132b77e34220dd3c5', NULL, 1772323680000000, 1, NULL);
INSERT INTO v4.event VALUES (9, 'k9', 'receive', 'amy', '', 1772323740000000, 1775779203000000, '{"actor":"amy","document":"","key":"k9","lot":"S1","mass_kg":"1000","material":"scrap","occurred_at":"2026-03-01T00:09:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\xe081df9e92992731be6e1ec7da3a504513701fd261b9c157c4051d4fc423992d', NULL, 1772323740000000, 1, NULL);
INSERT INTO v4.event VALUES (10, 'k10', 'receive', 'amy', '', 1772323800000000, 1775779204000000, '{"actor":"amy","document":"","key":"k10","lot":"S2","mass_kg":"500","material":"scrap","occurred_at":"2026-03-01T00:10:00+00:00","owner":"GMBI","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\x86c0def23e9fe6a2ca02c37df3c862e29bc3abca7096d2a75cb6d75c7f56729a', NULL, 1772323800000000, 1, NULL);
INSERT INTO v4.event VALUES (11, 'k11', 'weigh', 'amy', '', 1772323860000000, 1775779205000000, '{"actor":"amy","document":"","gross_kg":"1510","key":"k11","lot":"S1","occurred_at":"2026-03-01T00:11:00+00:00","scale":"","tare_kg":"500","ticket":"T1","uncertainty_kg":"0"}', NULL, '\x2a1207e2875ec8f8ac75b7fc937f26d9d0a4943b0f5edda3727fe1383994edfb', NULL, 1772323860000000, 1, NULL);
INSERT INTO v4.event VALUES (12, 'k12', 'assay', 'amy', '', 1772323920000000, 1775779206000000, '{"actor":"amy","basis":"as received","document":"","key":"k12","laboratory":"","lot":"S1","method":"","moisture":null,"moisture_uncertainty":null,"occurred_at":"2026-03-01T00:12:00+00:00","sample":"","shares":{"Ni":"0.25"},"stage":"provisional","uncertainty":{}}', NULL, '\x401cfd28e93219ab7cb4a078e6b82c22276ebfbecdf70f7be7bc7b9ac10eccb1', NULL, 1772323920000000, 1, NULL);
INSERT INTO v4.event VALUES (13, 'k13', 'sample', 'amy', '', 1772323980000000, 1775779207000000, '{"actor":"amy","document":"","key":"k13","lot":"S1","mass_kg":"10","occurred_at":"2026-03-01T00:13:00+00:00","sample":"S1-a"}', NULL, '\xd1148aa7e1410bd11f301b31977be35e9bb881f2c12526d6c2149e9317478f88', NULL, 1772323980000000, 1, NULL);
INSERT INTO v4.event VALUES (14, 'k14', 'split', 'amy', '', 1772324040000000, 1775779208000000, '{"actor":"amy","document":"","key":"k14","lot":"S1","occurred_at":"2026-03-01T00:14:00+00:00","parts_kg":{"S3":"200","S4":"300"}}', NULL, '\x19e4f68f61d63cae01bb775b916662b2cf5e9dadfe8f4c5b3ce9347dbe438d90', NULL, 1772324040000000, 1, NULL);
INSERT INTO v4.event VALUES (15, 'k15', 'blend', 'amy', '', 1772324100000000, 1775779209000000, '{"actor":"amy","document":"","inputs_kg":{"S2":"100","S3":null},"key":"k15","lot":"B1","material":"scrap","occurred_at":"2026-03-01T00:15:00+00:00","site":"WS"}', NULL, '\x61593a98086f79db13fac6348a8e7b55c4164f2da17f8c3f73882f79192a8465', NULL, 1772324100000000, 1, NULL);
INSERT INTO v4.event VALUES (16, 'k16', 'process', 'amy', '', 1772324160000000, 1775779210000000, '{"actor":"amy","document":"","emissions_kg":{"C":"1"},"inputs_kg":{"S4":null},"key":"k16","occurred_at":"2026-03-01T00:16:00+00:00","outputs":[{"lot":"M1","mass_kg":"200","material":"BM","shares":{"Ni":"0.3"}},{"lot":"P1","mass_kg":"80","material":"scrap","shares":{}}],"run":"R1","share_by":"substance","site":"WS","waste_kg":{"other":"5"}}', NULL, '\x87f804addad7f24fe7223c8f9bdb48569f83ac3a4ee9d891a0d0849c9df59ea7', NULL, 1772324160000000, 1, NULL);
INSERT INTO v4.event VALUES (17, 'k17', 'transfer-title', 'amy', '', 1772324220000000, 1775779211000000, '{"actor":"amy","buyer":"GMBI","document":"","key":"k17","lot":"M1","mass_kg":"50","occurred_at":"2026-03-01T00:17:00+00:00","seller":"LGES"}', NULL, '\x76a27ec8e3ddc865f72e7c8ffdbd0ef4207d59d3bec1ec1fcb4e54f7ca315387', NULL, 1772324220000000, 1, NULL);
INSERT INTO v4.event VALUES (18, 'k18', 'move', 'amy', '', 1772324280000000, 1775779212000000, '{"actor":"amy","document":"","from_site":"WS","key":"k18","lot":"P1","occurred_at":"2026-03-01T00:18:00+00:00","to_site":"REF"}', NULL, '\x6f8f8e3c84acec1374221a0cc7beda738e4625a8c2315023c198d4249f86f88a', NULL, 1772324280000000, 1, NULL);
INSERT INTO v4.event VALUES (19, 'k19', 'ship', 'amy', '', 1772324340000000, 1775779213000000, '{"actor":"amy","consignment":"77","document":"","from_site":"WS","key":"k19","lot":"M1","occurred_at":"2026-03-01T00:19:00+00:00"}', NULL, '\x1f50a43ac88d5a48dfddc29da7d4ee3012f11131ed2565d6e00815a64a4472ed', NULL, 1772324340000000, 1, NULL);
INSERT INTO v4.event VALUES (20, 'k20', 'arrive', 'amy', '', 1772324400000000, 1775779214000000, '{"actor":"amy","consignment":"77","document":"","key":"k20","lot":"M1","mass_kg":"198","occurred_at":"2026-03-01T00:20:00+00:00","site":"REF"}', NULL, '\x0121b01ab921364aee322747c302b3df9260af68bc68264b134c105d3e4130af', NULL, 1772324400000000, 1, NULL);
INSERT INTO v4.event VALUES (21, 'k21', 'deliver', 'amy', '', 1772324460000000, 1775779215000000, '{"actor":"amy","customer":"REFINER","document":"","key":"k21","lot":"M1","occurred_at":"2026-03-01T00:21:00+00:00","site":"REF"}', NULL, '\x1efd43a813503de353ea8af22cb7fe25028407c68812d431bd53c7c1c5f643bf', NULL, 1772324460000000, 1, NULL);
INSERT INTO v4.event VALUES (22, 'k22', 'stock-take', 'amy', '', 1772324520000000, 1775779216000000, '{"actor":"amy","counted_kg":"79","document":"","key":"k22","lot":"P1","occurred_at":"2026-03-01T00:22:00+00:00","site":"REF"}', NULL, '\x271845faf9c987d0a64dca2d978fbc57ac21d494cbe491fc1bd0f81d640c8c5b', NULL, 1772324520000000, 1, NULL);
INSERT INTO v4.event VALUES (23, 'k23', 'dispose', 'amy', '', 1772324580000000, 1775779217000000, '{"actor":"amy","document":"","key":"k23","lot":"P1","mass_kg":"9","occurred_at":"2026-03-01T00:23:00+00:00","site":"REF","way":"waste"}', NULL, '\x94f62b11e9ffe0bb2e544ddd5bab072fd885a67eed27127e2d9e9c405a098e39', NULL, 1772324580000000, 1, NULL);
INSERT INTO v4.event VALUES (24, 'k24', 'hold', 'amy', '', 1772324640000000, 1775779218000000, '{"actor":"amy","document":"","key":"k24","lot":"S2","occurred_at":"2026-03-01T00:24:00+00:00","reason":"wet"}', NULL, '\xaf28ef1982c0b7065c062917f3989699cb737f3b9887323a13eab78d15af8272', NULL, 1772324640000000, 1, NULL);
INSERT INTO v4.event VALUES (25, 'k25', 'release', 'amy', '', 1772324700000000, 1775779219000000, '{"actor":"amy","document":"","key":"k25","lot":"S2","occurred_at":"2026-03-01T00:25:00+00:00"}', NULL, '\x939552fab462a37ed5a01d027bab989f6b80a644d79692e12429d6e056a31051', NULL, 1772324700000000, 1, NULL);
INSERT INTO v4.event VALUES (26, 'k28', 'receive', 'amy', '', 1772324880000000, 1775779220000000, '{"actor":"amy","document":"","key":"k28","lot":"S9","mass_kg":"7","material":"scrap","occurred_at":"2026-03-01T00:28:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\xf57beb7c060dea23921e75be1008e28b4a90090cacc19bde6c916e8f4e14fac4', NULL, 1772324880000000, 1, NULL);
INSERT INTO v4.event VALUES (27, 'k29', 'reverse', 'amy', '', 1772324880000000, 1775779221000000, '{"actor":"amy","document":"","event":"k28","key":"k29","occurred_at":"2026-03-01T00:29:00+00:00","reason":"typed twice"}', 'k28', '\xcab5d63bfb1c76d416069d01ef739bdff7114cbce2ed15c112bad3134ed8f9a4', NULL, 1772324880000000, 1, NULL);
INSERT INTO v4.event VALUES (28, 'k27', 'close-period', 'amy', '', 1772324820000000, 1775779222000000, '{"actor":"amy","document":"","key":"k27","occurred_at":"2026-03-01T00:27:00+00:00","period":"Feb"}', NULL, '\xc084129c133746b9ba264d3525f64a446cf4a46fbeabc94a4e28598e7329d99a', NULL, 1772324820000000, 1, NULL);
INSERT INTO v4.event VALUES (29, 'k30', 'add-substance', 'amy', '', 1772325000000000, 1775779223000000, '{"actor":"amy","document":"","key":"k30","occurred_at":"2026-03-01T00:30:00+00:00","substance":"Ti"}', NULL, '\x994b9037789d26a5383c42a69fc2fdaabd592819b49c218a2ab1a72305d73a11', NULL, 1772325000000000, 1, NULL);
INSERT INTO v4.event VALUES (30, 'k31', 'receive', 'amy', '', 1772325060000000, 1775779224000000, '{"actor":"amy","document":"","key":"k31","lot":"T","mass_kg":"1000","material":"scrap","occurred_at":"2026-03-01T00:31:00+00:00","owner":"LGES","shares":{"Ti":"0.5"},"site":"WS","supplier":"LGES"}', NULL, '\x8a581123794f08f93a276cbdd6b6ba1cdafb059a6e2042e3af919a228209d6e7', NULL, 1772325060000000, 1, NULL);
INSERT INTO v4.event VALUES (31, 'k32', 'receive', 'amy', '', 1772325120000000, 1775779225000000, '{"actor":"amy","document":"","key":"k32","lot":"Z","mass_kg":"50","material":"scrap","occurred_at":"2026-03-01T00:32:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\xe9a7d9be4223db2ae14839134472bf764b6a4987a6e15e133d05b2ad442c195b', NULL, 1772325120000000, 1, NULL);
INSERT INTO v4.event VALUES (32, 'k33', 'split', 'amy', '', 1772325180000000, 1775779226000000, '{"actor":"amy","document":"","key":"k33","lot":"Z","occurred_at":"2026-03-01T00:33:00+00:00","parts_kg":{"Z1":"20"}}', NULL, '\xa1ebc8b49194bdc022f7981eda59986924b6d54d979535785947c3f2d30db1f8', NULL, 1772325180000000, 1, NULL);
INSERT INTO v4.event VALUES (33, 'k32 corrected', 'receive', 'amy', '', 1772325120000000, 1775779227000000, '{"actor":"amy","document":"","key":"k32 corrected","lot":"Z","mass_kg":"60","material":"scrap","occurred_at":"2026-03-01T00:32:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}', NULL, '\xe8a74ade0946d4b0666ad9e9b75be95e5eb079333c6f75395bd06fe72aed9ec1', NULL, 1772325120000000, 1, 'k32');
INSERT INTO v4.event VALUES (34, 'k32 corrected reverses k32', 'reverse', 'amy', '', 1772325120000000, 1775779227000000, '{"actor":"amy","document":"","event":"k32","key":"k32 corrected reverses k32","occurred_at":"2026-03-01T00:32:00+00:00","reason":"typed"}', 'k32', '\xe37474b63f8e587f01e717c9aa08c5c47d4ccb8f31ceda3aa87e7a7b926a44bf', NULL, 1772325120000000, 1, NULL);
INSERT INTO v4.event VALUES (35, 'k34', 'assay', 'amy', '', 1772325240000000, 1775779228000000, '{"actor":"amy","basis":"dry","document":"","key":"k34","laboratory":"Lab A","lot":"T","method":"","moisture":"0.05","moisture_uncertainty":null,"occurred_at":"2026-03-01T00:34:00+00:00","sample":"A-1","shares":{"Ni":"0.31"},"stage":"final","uncertainty":{"Ni":"0.002"}}', NULL, '\x8effaac73672e6de181d95622599872280bf625a34d7e40f3c328bd8640c3ab7', NULL, 1772325240000000, 1, NULL);
INSERT INTO v4.event VALUES (37, 'late ticket', 'weigh', 'amy', '', 1772323890000000, 1775779229000000, '{"actor":"amy","document":"","gross_kg":"1520","key":"late ticket","lot":"S1","occurred_at":"2026-03-01T00:11:30+00:00","scale":"","tare_kg":"500","ticket":"T2","uncertainty_kg":"0"}', NULL, '\x1e49180903e74514c3e9992151975fd47cb3f181a70b5a1010dd5d38895af860', NULL, 1772323890000000, 1, NULL);
INSERT INTO v4.event VALUES (36, 'late ticket amends k12', 'amend', 'amy', '', 1772323920000000, 1775779229000000, '{"because":"late ticket","event":"k12"}', NULL, '\x593e743ad557cf7b8b298b8b4d7c48eb6175f7fc39424f560b7a14fc2eb318ad', 'k12', 1772323920000000, 1, NULL);
INSERT INTO v4.event VALUES (38, 'k36', 'open-period', 'amy', '', 1772325360000000, 1775779230000000, '{"actor":"amy","document":"","end":"2026-03-02T00:00:00+00:00","key":"k36","occurred_at":"2026-03-01T00:36:00+00:00","period":"1 March","start":"2026-03-01T00:00:00+00:00"}', NULL, '\x876d5ba77ea50a8e0fd90d4c517cd3114ffe1ec3bb2d38cab2222d220edb4219', NULL, 1772325360000000, 1, NULL);
INSERT INTO v4.event VALUES (39, 'k37', 'close-period', 'amy', '', 1772496000000000, 1775779231000000, '{"actor":"amy","document":"","key":"k37","occurred_at":"2026-03-03T00:00:00+00:00","period":"1 March"}', NULL, '\x4bae3f023135d82bd42e0c1b47e37e5b52e960ddc18f122aeea089afebcfde19', NULL, 1772496000000000, 1, NULL);
INSERT INTO v4.event VALUES (41, 'late assay', 'assay', 'amy', '', 1772324130000000, 1775779232000000, '{"actor":"amy","basis":"as received","document":"","key":"late assay","laboratory":"Lab A","lot":"S4","method":"","moisture":null,"moisture_uncertainty":null,"occurred_at":"2026-03-01T00:15:30+00:00","sample":"A-2","shares":{"Ni":"0.24"},"stage":"final","uncertainty":{}}', NULL, '\xf5b40568f8068753529b923f47c1fba7629b450b0822359e3a9e7cb939dd4969', NULL, 1772409600000000, 1, NULL);
INSERT INTO v4.event VALUES (40, 'late assay amends k16', 'amend', 'amy', '', 1772324160000000, 1775779232000000, '{"because":"late assay","event":"k16"}', NULL, '\x89523dd97b4c9f577be4537590633d1852c4c5ae619430ff3700a34e9906a3ff', 'k16', 1772409600000000, 1, NULL);
INSERT INTO v4.event VALUES (43, 'k39', 'reverse', 'amy', '', 1772323890000000, 1775779233000000, '{"actor":"amy","document":"","event":"late ticket","key":"k39","occurred_at":"2026-03-04T00:00:00+00:00","reason":"of another truck"}', 'late ticket', '\xb262872ad3f875123cea37939bf78b4b73b9459499f15fe36528dee024634bd6', NULL, 1772409600000000, 1, NULL);
INSERT INTO v4.event VALUES (42, 'k39 amends k12', 'amend', 'amy', '', 1772323920000000, 1775779233000000, '{"because":"k39","event":"k12"}', NULL, '\xaafd5b4af149c89c9bdc44ba0d081db61bfebace1859a1f070ca7b4741b36630', 'k12', 1772409600000000, 1, NULL);
INSERT INTO v4.leaf VALUES (0, 1);
INSERT INTO v4.leaf VALUES (1, 2);
INSERT INTO v4.leaf VALUES (2, 3);
INSERT INTO v4.leaf VALUES (3, 4);
INSERT INTO v4.leaf VALUES (4, 5);
INSERT INTO v4.leaf VALUES (5, 6);
INSERT INTO v4.leaf VALUES (6, 7);
INSERT INTO v4.leaf VALUES (7, 8);
INSERT INTO v4.leaf VALUES (8, 9);
INSERT INTO v4.leaf VALUES (9, 10);
INSERT INTO v4.leaf VALUES (10, 11);
INSERT INTO v4.leaf VALUES (11, 12);
INSERT INTO v4.leaf VALUES (12, 13);
INSERT INTO v4.leaf VALUES (13, 14);
INSERT INTO v4.leaf VALUES (14, 15);
INSERT INTO v4.leaf VALUES (15, 16);
INSERT INTO v4.leaf VALUES (16, 17);
INSERT INTO v4.leaf VALUES (17, 18);
INSERT INTO v4.leaf VALUES (18, 19);
INSERT INTO v4.leaf VALUES (19, 20);
INSERT INTO v4.leaf VALUES (20, 21);
INSERT INTO v4.leaf VALUES (21, 22);
INSERT INTO v4.leaf VALUES (22, 23);
INSERT INTO v4.leaf VALUES (23, 24);
INSERT INTO v4.leaf VALUES (24, 25);
INSERT INTO v4.leaf VALUES (25, 26);
INSERT INTO v4.leaf VALUES (26, 27);
INSERT INTO v4.leaf VALUES (27, 28);
INSERT INTO v4.leaf VALUES (28, 29);
INSERT INTO v4.leaf VALUES (29, 30);
INSERT INTO v4.leaf VALUES (30, 31);
INSERT INTO v4.leaf VALUES (31, 32);
INSERT INTO v4.leaf VALUES (32, 33);
INSERT INTO v4.leaf VALUES (33, 34);
INSERT INTO v4.leaf VALUES (34, 35);
INSERT INTO v4.leaf VALUES (35, 36);
INSERT INTO v4.leaf VALUES (36, 37);
INSERT INTO v4.leaf VALUES (37, 38);
INSERT INTO v4.leaf VALUES (38, 39);
INSERT INTO v4.leaf VALUES (39, 40);
INSERT INTO v4.leaf VALUES (40, 41);
INSERT INTO v4.leaf VALUES (41, 42);
INSERT INTO v4.leaf VALUES (42, 43);
INSERT INTO v4.load VALUES ('WS', 'black mass', 0, 5000000000);
INSERT INTO v4.lot VALUES ('S1', 0, 'scrap', 9, 0);
INSERT INTO v4.lot VALUES ('S2', 0, 'scrap', 10, 0);
INSERT INTO v4.lot VALUES ('S1-a', 0, 'scrap', 13, 0);
INSERT INTO v4.lot VALUES ('S3', 0, 'scrap', 14, 0);
INSERT INTO v4.lot VALUES ('S4', 0, 'scrap', 14, 1);
INSERT INTO v4.lot VALUES ('B1', 0, 'scrap', 15, 0);
INSERT INTO v4.lot VALUES ('M1', 0, 'BM', 16, 0);
INSERT INTO v4.lot VALUES ('P1', 0, 'scrap', 16, 1);
INSERT INTO v4.lot VALUES ('S9', 0, 'scrap', 26, 0);
INSERT INTO v4.lot VALUES ('T', 0, 'scrap', 30, 0);
INSERT INTO v4.lot VALUES ('Z', 0, 'scrap', 31, 0);
INSERT INTO v4.lot VALUES ('Z1', 0, 'scrap', 32, 0);
INSERT INTO v4.lot VALUES ('Z', 1, 'scrap', 33, 0);
INSERT INTO v4.measurement VALUES (9, 0, 'S1', 'mass', '1000000000', '', '', '', '', '', 'declared', '');
INSERT INTO v4.measurement VALUES (10, 0, 'S2', 'mass', '500000000', '', '', '', '', '', 'declared', '');
INSERT INTO v4.measurement VALUES (11, 0, 'S1', 'gross', '1510000000', '0', 'weighbridge', '', 'T1', '', '', '');
INSERT INTO v4.measurement VALUES (11, 1, 'S1', 'tare', '500000000', '0', 'weighbridge', '', 'T1', '', '', '');
INSERT INTO v4.measurement VALUES (11, 2, 'S1', 'mass', '1010000000', '0', 'weighbridge', '', 'T1', '', '', '');
INSERT INTO v4.measurement VALUES (12, 0, 'S1', 'Ni', '0.25', '', '', '', '', '', 'provisional', '');
INSERT INTO v4.measurement VALUES (20, 0, 'M1', 'mass', '198000000', '', '', '', '', '', 'arrived', '');
INSERT INTO v4.measurement VALUES (22, 0, 'P1', 'mass', '79000000', '', '', '', '', '', 'counted', '');
INSERT INTO v4.measurement VALUES (26, 0, 'S9', 'mass', '7000000', '', '', '', '', '', 'declared', '');
INSERT INTO v4.measurement VALUES (30, 0, 'T', 'mass', '1000000000', '', '', '', '', '', 'declared', '');
INSERT INTO v4.measurement VALUES (31, 0, 'Z', 'mass', '50000000', '', '', '', '', '', 'declared', '');
INSERT INTO v4.measurement VALUES (33, 0, 'Z', 'mass', '60000000', '', '', '', '', '', 'declared', '');
INSERT INTO v4.measurement VALUES (35, 0, 'T', 'Ni', '0.31', '0.002', '', 'Lab A', 'A-1', 'laboratory Lab A', 'final', 'dry');
INSERT INTO v4.measurement VALUES (35, 1, 'T', 'H2O', '0.05', '', '', 'Lab A', 'A-1', 'laboratory Lab A', 'final', '');
INSERT INTO v4.measurement VALUES (37, 0, 'S1', 'gross', '1520000000', '0', 'weighbridge', '', 'T2', '', '', '');
INSERT INTO v4.measurement VALUES (37, 1, 'S1', 'tare', '500000000', '0', 'weighbridge', '', 'T2', '', '', '');
INSERT INTO v4.measurement VALUES (37, 2, 'S1', 'mass', '1020000000', '0', 'weighbridge', '', 'T2', '', '', '');
INSERT INTO v4.measurement VALUES (41, 0, 'S4', 'Ni', '0.24', '', '', 'Lab A', 'A-2', 'laboratory Lab A', 'final', '');
INSERT INTO v4.node VALUES (4, 0, '\xa7a3afecb3dd4a1d833ca2b9803474e06c71fd95417a8acf81ffa564cbef1d2a');
INSERT INTO v4.node VALUES (4, 1, '\x856c038fb9006bd9d2b96a83578a897ff0d8f9c6dcd9ff9eef4ef4e051ae8809');
INSERT INTO v4.noun VALUES (7, 'material', 'BM', '{"hazard":"black mass","name":"BM"}');
INSERT INTO v4.noun VALUES (2, 'party', 'GMBI', '{"name":"GMBI"}');
INSERT INTO v4.noun VALUES (1, 'party', 'LGES', '{"name":"LGES"}');
INSERT INTO v4.noun VALUES (5, 'site', 'REF', '{"limits":{},"name":"REF"}');
INSERT INTO v4.noun VALUES (3, 'party', 'REFINER', '{"name":"REFINER"}');
INSERT INTO v4.noun VALUES (4, 'site', 'WS', '{"limits":{"black mass":"5000000000"},"name":"WS"}');
INSERT INTO v4.noun VALUES (6, 'material', 'scrap', '{"hazard":"","name":"scrap"}');
INSERT INTO v4.noun VALUES (8, 'period', 'Feb', '{"end":"1772323200000000","start":"1769904000000000"}');
INSERT INTO v4.noun VALUES (24, 'hold', 'S2', '{"reason":"wet"}');
INSERT INTO v4.noun VALUES (25, 'hold', 'S2', '{"reason":""}');
INSERT INTO v4.noun VALUES (28, 'close', 'Feb', '{}');
INSERT INTO v4.noun VALUES (29, 'substance', 'Ti', '{}');
INSERT INTO v4.noun VALUES (38, 'period', '1 March', '{"end":"1772409600000000","start":"1772323200000000"}');
INSERT INTO v4.noun VALUES (39, 'close', '1 March', '{}');
INSERT INTO v4.posting VALUES (9, 32, 1000000000, 200000000, 0, 0, 0, 800000000, 0);
INSERT INTO v4.posting VALUES (9, 33, -1000000000, -200000000, 0, 0, 0, -800000000, 0);
INSERT INTO v4.posting VALUES (10, 31, 500000000, 100000000, 0, 0, 0, 400000000, 0);
INSERT INTO v4.posting VALUES (10, 33, -500000000, -100000000, 0, 0, 0, -400000000, 0);
INSERT INTO v4.posting VALUES (11, 32, 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v4.posting VALUES (11, 34, -10000000, -2000000, 0, 0, 0, -8000000, 0);
INSERT INTO v4.posting VALUES (12, 32, 0, 50500000, 0, 0, 0, -50500000, 0);
INSERT INTO v4.posting VALUES (12, 34, 0, -50500000, 0, 0, 0, 50500000, 0);
INSERT INTO v4.posting VALUES (13, 32, -10000000, -2500000, 0, 0, 0, -7500000, 0);
INSERT INTO v4.posting VALUES (13, 30, 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v4.posting VALUES (14, 32, -500000000, -125000000, 0, 0, 0, -375000000, 0);
INSERT INTO v4.posting VALUES (14, 29, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v4.posting VALUES (14, 28, 300000000, 75000000, 0, 0, 0, 225000000, 0);
INSERT INTO v4.posting VALUES (15, 27, 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v4.posting VALUES (15, 31, -100000000, -20000000, 0, 0, 0, -80000000, 0);
INSERT INTO v4.posting VALUES (15, 26, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v4.posting VALUES (15, 29, -200000000, -50000000, 0, 0, 0, -150000000, 0);
INSERT INTO v4.posting VALUES (16, 35, 1000000, 0, 0, 1000000, 0, 0, 0);
INSERT INTO v4.posting VALUES (16, 25, 200000000, 60000000, 0, 0, 0, 140000000, 0);
INSERT INTO v4.posting VALUES (16, 24, 80000000, 0, 0, 0, 0, 80000000, 0);
INSERT INTO v4.posting VALUES (16, 28, -300000000, -75000000, 0, 0, 0, -225000000, 0);
INSERT INTO v4.posting VALUES (16, 36, 14000000, 15000000, 0, -1000000, 0, 0, 0);
INSERT INTO v4.posting VALUES (16, 37, 5000000, 0, 0, 0, 0, 5000000, 0);
INSERT INTO v4.posting VALUES (17, 23, 50000000, 15000000, 0, 0, 0, 35000000, 0);
INSERT INTO v4.posting VALUES (17, 25, -50000000, -15000000, 0, 0, 0, -35000000, 0);
INSERT INTO v4.posting VALUES (18, 22, 80000000, 0, 0, 0, 0, 80000000, 0);
INSERT INTO v4.posting VALUES (18, 24, -80000000, 0, 0, 0, 0, -80000000, 0);
INSERT INTO v4.posting VALUES (19, 23, -50000000, -15000000, 0, 0, 0, -35000000, 0);
INSERT INTO v4.posting VALUES (19, 21, 50000000, 15000000, 0, 0, 0, 35000000, 0);
INSERT INTO v4.posting VALUES (19, 25, -150000000, -45000000, 0, 0, 0, -105000000, 0);
INSERT INTO v4.posting VALUES (19, 20, 150000000, 45000000, 0, 0, 0, 105000000, 0);
INSERT INTO v4.posting VALUES (20, 19, 49500000, 14850000, 0, 0, 0, 34650000, 0);
INSERT INTO v4.posting VALUES (20, 21, -50000000, -15000000, 0, 0, 0, -35000000, 0);
INSERT INTO v4.posting VALUES (20, 18, 148500000, 44550000, 0, 0, 0, 103950000, 0);
INSERT INTO v4.posting VALUES (20, 20, -150000000, -45000000, 0, 0, 0, -105000000, 0);
INSERT INTO v4.posting VALUES (20, 38, 500000, 150000, 0, 0, 0, 350000, 0);
INSERT INTO v4.posting VALUES (20, 39, 1500000, 450000, 0, 0, 0, 1050000, 0);
INSERT INTO v4.posting VALUES (21, 40, 198000000, 59400000, 0, 0, 0, 138600000, 0);
INSERT INTO v4.posting VALUES (21, 19, -49500000, -14850000, 0, 0, 0, -34650000, 0);
INSERT INTO v4.posting VALUES (21, 18, -148500000, -44550000, 0, 0, 0, -103950000, 0);
INSERT INTO v4.posting VALUES (22, 22, -1000000, 0, 0, 0, 0, -1000000, 0);
INSERT INTO v4.posting VALUES (22, 41, 1000000, 0, 0, 0, 0, 1000000, 0);
INSERT INTO v4.posting VALUES (23, 22, -9000000, 0, 0, 0, 0, -9000000, 0);
INSERT INTO v4.posting VALUES (23, 42, 9000000, 0, 0, 0, 0, 9000000, 0);
INSERT INTO v4.posting VALUES (26, 17, 7000000, 1400000, 0, 0, 0, 5600000, 0);
INSERT INTO v4.posting VALUES (26, 33, -7000000, -1400000, 0, 0, 0, -5600000, 0);
INSERT INTO v4.posting VALUES (27, 17, -7000000, -1400000, 0, 0, 0, -5600000, 0);
INSERT INTO v4.posting VALUES (27, 33, 7000000, 1400000, 0, 0, 0, 5600000, 0);
INSERT INTO v4.posting VALUES (30, 16, 1000000000, 0, 0, 0, 0, 500000000, 500000000);
INSERT INTO v4.posting VALUES (30, 33, -1000000000, 0, 0, 0, 0, -500000000, -500000000);
INSERT INTO v4.posting VALUES (31, 15, 50000000, 10000000, 0, 0, 0, 40000000, 0);
INSERT INTO v4.posting VALUES (31, 33, -50000000, -10000000, 0, 0, 0, -40000000, 0);
INSERT INTO v4.posting VALUES (32, 15, -20000000, -4000000, 0, 0, 0, -16000000, 0);
INSERT INTO v4.posting VALUES (32, 14, 20000000, 4000000, 0, 0, 0, 16000000, 0);
INSERT INTO v4.posting VALUES (33, 15, 60000000, 12000000, 0, 0, 0, 48000000, 0);
INSERT INTO v4.posting VALUES (33, 33, -60000000, -12000000, 0, 0, 0, -48000000, 0);
INSERT INTO v4.posting VALUES (34, 15, -50000000, -10000000, 0, 0, 0, -40000000, 0);
INSERT INTO v4.posting VALUES (34, 33, 50000000, 10000000, 0, 0, 0, 40000000, 0);
INSERT INTO v4.posting VALUES (35, 16, 0, 294500000, 0, 0, 50000000, -172250000, -172250000);
INSERT INTO v4.posting VALUES (35, 34, 0, -294500000, 0, 0, -50000000, 172250000, 172250000);
INSERT INTO v4.posting VALUES (36, 32, 0, 500000, 0, 0, 0, -500000, 0);
INSERT INTO v4.posting VALUES (36, 34, 0, -500000, 0, 0, 0, 500000, 0);
INSERT INTO v4.posting VALUES (37, 32, 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v4.posting VALUES (37, 34, -10000000, -2000000, 0, 0, 0, -8000000, 0);
INSERT INTO v4.posting VALUES (40, 28, 0, 3000000, 0, 0, 0, -3000000, 0);
INSERT INTO v4.posting VALUES (40, 36, 0, -3000000, 0, 0, 0, 3000000, 0);
INSERT INTO v4.posting VALUES (41, 28, 0, -3000000, 0, 0, 0, 3000000, 0);
INSERT INTO v4.posting VALUES (41, 34, 0, 3000000, 0, 0, 0, -3000000, 0);
INSERT INTO v4.posting VALUES (42, 32, 0, -500000, 0, 0, 0, 500000, 0);
INSERT INTO v4.posting VALUES (42, 34, 0, 500000, 0, 0, 0, -500000, 0);
INSERT INTO v4.posting VALUES (43, 32, -10000000, -2000000, 0, 0, 0, -8000000, 0);
INSERT INTO v4.posting VALUES (43, 34, 10000000, 2000000, 0, 0, 0, 8000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 14, 1775779231000000, 20000000, 4000000, 0, 0, 0, 16000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 15, 1775779231000000, 40000000, 8000000, 0, 0, 0, 32000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 16, 1775779231000000, 1000000000, 294500000, 0, 0, 50000000, 327750000, 327750000);
INSERT INTO v4.snapshot VALUES (1772409600000000, 22, 1775779231000000, 70000000, 0, 0, 0, 0, 70000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 26, 1775779231000000, 200000000, 50000000, 0, 0, 0, 150000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 27, 1775779231000000, 100000000, 20000000, 0, 0, 0, 80000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 30, 1775779231000000, 10000000, 2500000, 0, 0, 0, 7500000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 31, 1775779231000000, 400000000, 80000000, 0, 0, 0, 320000000, 0);
INSERT INTO v4.snapshot VALUES (1772409600000000, 32, 1775779231000000, 510000000, 127500000, 0, 0, 0, 382500000, 0);
SELECT pg_catalog.setval('v4.account_number', 42, true);
SELECT pg_catalog.setval('v4.event_number', 43, true);
ALTER TABLE ONLY v4.account
    ADD CONSTRAINT account_lot_kind_party_site_key UNIQUE (lot, kind, party, site);
ALTER TABLE ONLY v4.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY v4.balance_of_boundary
    ADD CONSTRAINT balance_of_boundary_pkey PRIMARY KEY (account, shard);
ALTER TABLE ONLY v4.balance_of_lot
    ADD CONSTRAINT balance_of_lot_pkey PRIMARY KEY (account);
ALTER TABLE ONLY v4.book
    ADD CONSTRAINT book_pkey PRIMARY KEY (key);
ALTER TABLE ONLY v4.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (size, note);
ALTER TABLE ONLY v4.closing
    ADD CONSTRAINT closing_pkey PRIMARY KEY (period);
ALTER TABLE ONLY v4.edge
    ADD CONSTRAINT edge_pkey PRIMARY KEY (target, event, source);
ALTER TABLE ONLY v4.event
    ADD CONSTRAINT event_key_key UNIQUE (key);
ALTER TABLE ONLY v4.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY v4.leaf
    ADD CONSTRAINT leaf_event_key UNIQUE (event);
ALTER TABLE ONLY v4.leaf
    ADD CONSTRAINT leaf_pkey PRIMARY KEY (place);
ALTER TABLE ONLY v4.load
    ADD CONSTRAINT load_pkey PRIMARY KEY (site, hazard);
ALTER TABLE ONLY v4.lot
    ADD CONSTRAINT lot_pkey PRIMARY KEY (id, again);
ALTER TABLE ONLY v4.measurement
    ADD CONSTRAINT measurement_pkey PRIMARY KEY (event, line);
ALTER TABLE ONLY v4.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (level, place);
ALTER TABLE ONLY v4.noun
    ADD CONSTRAINT noun_pkey PRIMARY KEY (kind, id, event);
ALTER TABLE ONLY v4.posting
    ADD CONSTRAINT posting_pkey PRIMARY KEY (event, account);
ALTER TABLE ONLY v4.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (moment, account);
CREATE INDEX edge_event ON v4.edge USING btree (event);
CREATE INDEX edge_source ON v4.edge USING btree (source);
CREATE INDEX event_amends ON v4.event USING btree (amends) WHERE (amends IS NOT NULL);
CREATE INDEX event_occurred ON v4.event USING btree (occurred_at);
CREATE INDEX event_posted ON v4.event USING btree (posted_at);
CREATE INDEX event_recorded ON v4.event USING btree (recorded_at);
CREATE UNIQUE INDEX event_reverses ON v4.event USING btree (reverses) WHERE (reverses IS NOT NULL);
CREATE INDEX lot_event ON v4.lot USING btree (event);
CREATE INDEX measurement_lot ON v4.measurement USING btree (lot);
CREATE INDEX noun_event ON v4.noun USING btree (event) WHERE (kind <> 'hold'::text);
CREATE INDEX posting_account ON v4.posting USING btree (account, event);
CREATE TRIGGER account_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.account FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER checkpoint_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER closing_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.closing FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER count_postings_posting AFTER INSERT ON v4.posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.count_postings();
CREATE TRIGGER edge_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.edge FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER event_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.event FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER leaf_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.leaf FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER lot_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.lot FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER measurement_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.measurement FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER node_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.node FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER noun_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.noun FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER open_account_account AFTER INSERT ON v4.account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.open_account();
CREATE TRIGGER posting_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON v4.posting FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_change();
CREATE TRIGGER refuse_closed_event AFTER INSERT ON v4.event REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_closed();
CREATE TRIGGER refuse_sealed_closing AFTER INSERT ON v4.closing REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_sealed();
CREATE TRIGGER refuse_sealed_edge AFTER INSERT ON v4.edge REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_sealed();
CREATE TRIGGER refuse_sealed_lot AFTER INSERT ON v4.lot REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_sealed();
CREATE TRIGGER refuse_sealed_measurement AFTER INSERT ON v4.measurement REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_sealed();
CREATE TRIGGER refuse_sealed_noun AFTER INSERT ON v4.noun REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_sealed();
CREATE TRIGGER refuse_second_maker_lot AFTER INSERT ON v4.lot REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v4.refuse_second_maker();
ALTER TABLE ONLY v4.balance_of_boundary
    ADD CONSTRAINT balance_of_boundary_account_fkey FOREIGN KEY (account) REFERENCES v4.account(id);
ALTER TABLE ONLY v4.balance_of_lot
    ADD CONSTRAINT balance_of_lot_account_fkey FOREIGN KEY (account) REFERENCES v4.account(id);
ALTER TABLE ONLY v4.leaf
    ADD CONSTRAINT leaf_event_fkey FOREIGN KEY (event) REFERENCES v4.event(id);
ALTER TABLE ONLY v4.snapshot
    ADD CONSTRAINT snapshot_account_fkey FOREIGN KEY (account) REFERENCES v4.account(id);
