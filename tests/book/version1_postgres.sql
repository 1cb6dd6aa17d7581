-- Tables of version 1 of a book in PostgreSQL, in a schema v1 with the lock 7, which migration must take.
-- Substances Ni, Cu, C, H2O, other, and Ti, which was added.
--
CREATE TABLE book (key TEXT COLLATE "C" PRIMARY KEY, value TEXT COLLATE "C" NOT NULL);
--
CREATE TABLE account (id BIGINT PRIMARY KEY, kind TEXT COLLATE "C" NOT NULL, party TEXT COLLATE "C" NOT NULL, site TEXT COLLATE "C" NOT NULL, lot TEXT COLLATE "C" NOT NULL, UNIQUE (lot, kind, party, site));
--
CREATE TABLE event (id BIGINT PRIMARY KEY, key TEXT COLLATE "C" NOT NULL UNIQUE, kind TEXT COLLATE "C" NOT NULL, actor TEXT COLLATE "C" NOT NULL, document TEXT COLLATE "C" NOT NULL, occurred_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, command TEXT COLLATE "C" NOT NULL, reverses TEXT COLLATE "C");
--
CREATE TABLE posting (event BIGINT NOT NULL REFERENCES event (id), account BIGINT NOT NULL REFERENCES account (id), mass BIGINT NOT NULL, "s_Ni" BIGINT NOT NULL, "s_Cu" BIGINT NOT NULL, "s_C" BIGINT NOT NULL, "s_H2O" BIGINT NOT NULL, "s_other" BIGINT NOT NULL, "s_Ti" BIGINT NOT NULL, PRIMARY KEY (event, account), CONSTRAINT leg_adds_up CHECK (mass = "s_Ni" + "s_Cu" + "s_C" + "s_H2O" + "s_other" + "s_Ti"));
--
CREATE TABLE lot (id TEXT COLLATE "C" PRIMARY KEY, material TEXT COLLATE "C" NOT NULL, event BIGINT NOT NULL REFERENCES event (id), line BIGINT NOT NULL);
--
CREATE TABLE measurement (event BIGINT NOT NULL REFERENCES event (id), line BIGINT NOT NULL, lot TEXT COLLATE "C" NOT NULL, quantity TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL, uncertainty TEXT COLLATE "C" NOT NULL, method TEXT COLLATE "C" NOT NULL, laboratory TEXT COLLATE "C" NOT NULL, sample TEXT COLLATE "C" NOT NULL, grp TEXT COLLATE "C" NOT NULL, stage TEXT COLLATE "C" NOT NULL, PRIMARY KEY (event, line));
--
CREATE TABLE noun (event BIGINT NOT NULL REFERENCES event (id), kind TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, PRIMARY KEY (kind, id, event));
--
CREATE TABLE closing (period TEXT COLLATE "C" PRIMARY KEY, event BIGINT NOT NULL REFERENCES event (id), start_at BIGINT NOT NULL, end_at BIGINT NOT NULL);
--
CREATE TABLE seal (event BIGINT PRIMARY KEY, leaf BYTEA NOT NULL);
--
CREATE TABLE leaf (place BIGINT PRIMARY KEY, event BIGINT NOT NULL UNIQUE REFERENCES event (id));
--
CREATE TABLE snapshot (moment BIGINT NOT NULL, account BIGINT NOT NULL REFERENCES account (id), recorded_at BIGINT NOT NULL, mass BIGINT NOT NULL, "s_Ni" BIGINT NOT NULL, "s_Cu" BIGINT NOT NULL, "s_C" BIGINT NOT NULL, "s_H2O" BIGINT NOT NULL, "s_other" BIGINT NOT NULL, "s_Ti" BIGINT NOT NULL, PRIMARY KEY (moment, account));
--
CREATE TABLE load (site TEXT COLLATE "C" NOT NULL, hazard TEXT COLLATE "C" NOT NULL, mass BIGINT NOT NULL, most BIGINT NOT NULL, PRIMARY KEY (site, hazard), CONSTRAINT storage_limit CHECK (mass <= most)) WITH (fillfactor = 50);
--
CREATE TABLE node (level BIGINT NOT NULL, place BIGINT NOT NULL, hash BYTEA NOT NULL, PRIMARY KEY (level, place));
--
CREATE TABLE checkpoint (size BIGINT NOT NULL, note TEXT COLLATE "C" NOT NULL, PRIMARY KEY (size, note));
--
ALTER TABLE event ADD CONSTRAINT event_is_sealed FOREIGN KEY (id) REFERENCES seal (event) DEFERRABLE INITIALLY DEFERRED;
--
CREATE SEQUENCE event_number;
--
CREATE SEQUENCE account_number;
--
CREATE TABLE balance_of_lot (account BIGINT PRIMARY KEY REFERENCES account (id), mass BIGINT NOT NULL DEFAULT 0, "s_Ni" BIGINT NOT NULL DEFAULT 0, "s_Cu" BIGINT NOT NULL DEFAULT 0, "s_C" BIGINT NOT NULL DEFAULT 0, "s_H2O" BIGINT NOT NULL DEFAULT 0, "s_other" BIGINT NOT NULL DEFAULT 0, "s_Ti" BIGINT NOT NULL DEFAULT 0, CONSTRAINT lot_not_negative CHECK ("s_Ni" >= 0 AND "s_Cu" >= 0 AND "s_C" >= 0 AND "s_H2O" >= 0 AND "s_other" >= 0 AND "s_Ti" >= 0)) WITH (fillfactor = 60);
--
CREATE TABLE balance_of_boundary (account BIGINT REFERENCES account (id), shard INTEGER, mass BIGINT NOT NULL DEFAULT 0, "s_Ni" BIGINT NOT NULL DEFAULT 0, "s_Cu" BIGINT NOT NULL DEFAULT 0, "s_C" BIGINT NOT NULL DEFAULT 0, "s_H2O" BIGINT NOT NULL DEFAULT 0, "s_other" BIGINT NOT NULL DEFAULT 0, "s_Ti" BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (account, shard)) WITH (fillfactor = 50);
--
CREATE OR REPLACE VIEW balance AS SELECT account, 1::bigint AS bounded, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti" FROM balance_of_lot UNION ALL SELECT account, 0::bigint, sum(mass)::bigint, sum("s_Ni")::bigint, sum("s_Cu")::bigint, sum("s_C")::bigint, sum("s_H2O")::bigint, sum("s_other")::bigint, sum("s_Ti")::bigint FROM balance_of_boundary GROUP BY account;
--
CREATE INDEX posting_account ON posting (account, event);
--
CREATE INDEX event_occurred ON event (occurred_at);
--
CREATE UNIQUE INDEX event_reverses ON event (reverses) WHERE reverses IS NOT NULL;
--
CREATE INDEX lot_event ON lot (event);
--
CREATE INDEX measurement_lot ON measurement (lot);
--
CREATE INDEX noun_event ON noun (event) WHERE kind <> 'hold';
--
CREATE INDEX event_recorded ON event (recorded_at);
--
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      RAISE EXCEPTION 'frozen: % rows are never changed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END$$;
--
CREATE OR REPLACE FUNCTION refuse_sealed() RETURNS trigger LANGUAGE plpgsql SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM added JOIN seal ON seal.event = added.event) THEN
        RAISE EXCEPTION 'sealed: the event takes nothing more' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
--
CREATE OR REPLACE FUNCTION refuse_closed() RETURNS trigger LANGUAGE plpgsql SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM closing JOIN added
                 ON start_at <= added.occurred_at AND added.occurred_at < end_at) THEN
        RAISE EXCEPTION 'closed: the event is dated into a closed period' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
--
CREATE OR REPLACE FUNCTION open_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      INSERT INTO balance_of_lot (account, mass) SELECT id, 0 FROM added WHERE kind = 'lot';
      RETURN NULL;
    END$$;
--
CREATE OR REPLACE FUNCTION try_lots(lots text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      PERFORM 1 FROM balance_of_lot b JOIN account a ON a.id = b.account
        WHERE a.lot = ANY (lots) ORDER BY b.account FOR NO KEY UPDATE OF b NOWAIT;
    END$$;
--
CREATE OR REPLACE FUNCTION append_rows(new_account account[], new_event event[], new_posting posting[], new_lot lot[], new_measurement measurement[], new_noun noun[], new_closing closing[], new_seal seal[]) RETURNS void LANGUAGE plpgsql SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$BEGIN IF new_account IS NOT NULL THEN INSERT INTO account SELECT * FROM unnest(new_account); END IF; IF new_event IS NOT NULL THEN INSERT INTO event SELECT * FROM unnest(new_event); END IF; IF new_posting IS NOT NULL THEN INSERT INTO posting SELECT * FROM unnest(new_posting); END IF; IF new_lot IS NOT NULL THEN INSERT INTO lot SELECT * FROM unnest(new_lot); END IF; IF new_measurement IS NOT NULL THEN INSERT INTO measurement SELECT * FROM unnest(new_measurement); END IF; IF new_noun IS NOT NULL THEN INSERT INTO noun SELECT * FROM unnest(new_noun); END IF; IF new_closing IS NOT NULL THEN INSERT INTO closing SELECT * FROM unnest(new_closing); END IF; IF new_seal IS NOT NULL THEN INSERT INTO seal SELECT * FROM unnest(new_seal); END IF; END$$;
--
CREATE OR REPLACE FUNCTION count_postings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    DECLARE free integer;
    BEGIN
      IF EXISTS (SELECT 1 FROM added JOIN seal ON seal.event = added.event) THEN
        RAISE EXCEPTION 'sealed: the event takes nothing more' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      UPDATE balance_of_lot b SET mass = b.mass + x.mass, "s_Ni" = b."s_Ni" + x."s_Ni", "s_Cu" = b."s_Cu" + x."s_Cu", "s_C" = b."s_C" + x."s_C", "s_H2O" = b."s_H2O" + x."s_H2O", "s_other" = b."s_other" + x."s_other", "s_Ti" = b."s_Ti" + x."s_Ti"
        FROM (SELECT p.account, sum(p.mass)::bigint AS mass, sum(p."s_Ni")::bigint AS "s_Ni", sum(p."s_Cu")::bigint AS "s_Cu", sum(p."s_C")::bigint AS "s_C", sum(p."s_H2O")::bigint AS "s_H2O", sum(p."s_other")::bigint AS "s_other", sum(p."s_Ti")::bigint AS "s_Ti" FROM added p GROUP BY p.account) x
        WHERE b.account = x.account;
      SELECT s INTO free FROM generate_series(1, 256) s
        WHERE pg_try_advisory_xact_lock(7, s) LIMIT 1;
      INSERT INTO balance_of_boundary AS b (account, shard, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti")
        SELECT p.account, coalesce(free, 1), sum(p.mass)::bigint AS mass, sum(p."s_Ni")::bigint AS "s_Ni", sum(p."s_Cu")::bigint AS "s_Cu", sum(p."s_C")::bigint AS "s_C", sum(p."s_H2O")::bigint AS "s_H2O", sum(p."s_other")::bigint AS "s_other", sum(p."s_Ti")::bigint AS "s_Ti"
        FROM added p JOIN account a ON a.id = p.account
        WHERE a.kind <> 'lot' GROUP BY p.account ORDER BY p.account
        ON CONFLICT (account, shard) DO UPDATE SET mass = b.mass + excluded.mass, "s_Ni" = b."s_Ni" + excluded."s_Ni", "s_Cu" = b."s_Cu" + excluded."s_Cu", "s_C" = b."s_C" + excluded."s_C", "s_H2O" = b."s_H2O" + excluded."s_H2O", "s_other" = b."s_other" + excluded."s_other", "s_Ti" = b."s_Ti" + excluded."s_Ti";
      RETURN NULL;
    END$$;
--
CREATE OR REPLACE FUNCTION check_seals() RETURNS trigger LANGUAGE plpgsql SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM added CROSS JOIN LATERAL (
                   SELECT sum(p.mass)::bigint AS mass, sum(p."s_Ni")::bigint AS "s_Ni", sum(p."s_Cu")::bigint AS "s_Cu", sum(p."s_C")::bigint AS "s_C", sum(p."s_H2O")::bigint AS "s_H2O", sum(p."s_other")::bigint AS "s_other", sum(p."s_Ti")::bigint AS "s_Ti" FROM posting p WHERE p.event = added.event) x
                 WHERE x.mass <> 0 OR x."s_Ni" <> 0 OR x."s_Cu" <> 0 OR x."s_C" <> 0 OR x."s_H2O" <> 0 OR x."s_other" <> 0 OR x."s_Ti" <> 0) THEN
        RAISE EXCEPTION 'unbalanced: the event does not sum to zero' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END$$;
--
CREATE OR REPLACE FUNCTION look(alone boolean, sites text[], hazards text[], lots text[], keys text[]) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = "v1", pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
      IF alone THEN
        PERFORM pg_advisory_xact_lock(7, 0);
      ELSE
        PERFORM pg_advisory_xact_lock_shared(7, 0);
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
        ARRAY (SELECT nextval('account_number') FROM generate_series(1, cardinality(lots) + 2)),
        ARRAY (SELECT key FROM event WHERE key = ANY (keys)),
        (SELECT coalesce(json_agg(json_build_array(id, material)), '[]')
         FROM lot WHERE id = ANY (lots)),
        (SELECT coalesce(json_agg(json_build_array(a.lot, a.id, a.party, a.site, b."s_Ni", b."s_Cu", b."s_C", b."s_H2O", b."s_other", b."s_Ti")), '[]')
         FROM account a JOIN balance_of_lot b ON b.account = a.id WHERE a.lot = ANY (lots)),
        (SELECT coalesce(json_object_agg(h.id, h.body), '{}') FROM (
           SELECT DISTINCT ON (id) id, body FROM noun WHERE kind = 'hold' AND id = ANY (lots)
           ORDER BY id, event DESC) h));
    END$$;
--
CREATE TRIGGER account_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER event_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER posting_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER lot_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON lot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER measurement_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON measurement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER noun_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON noun FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER closing_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON closing FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER seal_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER leaf_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER node_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON node FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER checkpoint_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--
CREATE TRIGGER refuse_sealed_lot AFTER INSERT ON lot REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed();
--
CREATE TRIGGER refuse_sealed_measurement AFTER INSERT ON measurement REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed();
--
CREATE TRIGGER refuse_sealed_noun AFTER INSERT ON noun REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed();
--
CREATE TRIGGER refuse_sealed_closing AFTER INSERT ON closing REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed();
--
CREATE TRIGGER refuse_closed_event AFTER INSERT ON event REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed();
--
CREATE TRIGGER open_account_account AFTER INSERT ON account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION open_account();
--
CREATE TRIGGER count_postings_posting AFTER INSERT ON posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_postings();
--
CREATE TRIGGER check_seals_seal AFTER INSERT ON seal REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_seals();
