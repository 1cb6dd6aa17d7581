-- Tables of version 1 of a book in SQLite, which migration must take.
-- Substances Ni, Cu, C, H2O, other, and Ti, which was added.
--
CREATE TABLE book (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
--
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  party TEXT NOT NULL,
  site TEXT NOT NULL,
  lot TEXT NOT NULL,
  UNIQUE (lot, kind, party, site)
) STRICT;
--
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  document TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  command TEXT NOT NULL,
  reverses TEXT,
  FOREIGN KEY (id) REFERENCES seal (event) DEFERRABLE INITIALLY DEFERRED
) STRICT;
--
CREATE TABLE posting (
  event INTEGER NOT NULL REFERENCES event (id),
  account INTEGER NOT NULL REFERENCES account (id),
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL,
  "s_Ti" INTEGER NOT NULL,
  PRIMARY KEY (event, account)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE lot (
  id TEXT PRIMARY KEY,
  material TEXT NOT NULL,
  event INTEGER NOT NULL REFERENCES event (id),
  line INTEGER NOT NULL
) STRICT;
--
CREATE TABLE measurement (
  event INTEGER NOT NULL REFERENCES event (id),
  line INTEGER NOT NULL,
  lot TEXT NOT NULL,
  quantity TEXT NOT NULL,
  value TEXT NOT NULL,
  uncertainty TEXT NOT NULL,
  method TEXT NOT NULL,
  laboratory TEXT NOT NULL,
  sample TEXT NOT NULL,
  grp TEXT NOT NULL,
  stage TEXT NOT NULL,
  PRIMARY KEY (event, line)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE noun (
  event INTEGER NOT NULL REFERENCES event (id),
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id, event)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE closing (
  period TEXT PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES event (id),
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL
) STRICT;
--
CREATE TABLE seal (
  event INTEGER PRIMARY KEY,
  leaf BLOB NOT NULL
) STRICT;
--
CREATE TABLE leaf (
  place INTEGER PRIMARY KEY,
  event INTEGER NOT NULL UNIQUE REFERENCES event (id)
) STRICT;
--
CREATE TABLE balance (
  account INTEGER PRIMARY KEY REFERENCES account (id),
  bounded INTEGER NOT NULL,
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL,
  "s_Ti" INTEGER NOT NULL
) STRICT;
--
CREATE TABLE snapshot (
  moment INTEGER NOT NULL,
  account INTEGER NOT NULL REFERENCES account (id),
  recorded_at INTEGER NOT NULL,
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL,
  "s_Ti" INTEGER NOT NULL,
  PRIMARY KEY (moment, account)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE load (
  site TEXT NOT NULL,
  hazard TEXT NOT NULL,
  mass INTEGER NOT NULL,
  most INTEGER NOT NULL,
  PRIMARY KEY (site, hazard),
  CONSTRAINT storage_limit CHECK (mass <= most)
) STRICT;
--
CREATE TABLE node (
  level INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE checkpoint (
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (size, note)
) STRICT;
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
CREATE TRIGGER account_no_update BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'frozen: account rows are never changed'); END;
--
CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'frozen: account rows are never changed'); END;
--
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'frozen: event rows are never changed'); END;
--
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'frozen: event rows are never changed'); END;
--
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'frozen: posting rows are never changed'); END;
--
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'frozen: posting rows are never changed'); END;
--
CREATE TRIGGER lot_no_update BEFORE UPDATE ON lot BEGIN SELECT RAISE(ABORT, 'frozen: lot rows are never changed'); END;
--
CREATE TRIGGER lot_no_delete BEFORE DELETE ON lot BEGIN SELECT RAISE(ABORT, 'frozen: lot rows are never changed'); END;
--
CREATE TRIGGER measurement_no_update BEFORE UPDATE ON measurement BEGIN SELECT RAISE(ABORT, 'frozen: measurement rows are never changed'); END;
--
CREATE TRIGGER measurement_no_delete BEFORE DELETE ON measurement BEGIN SELECT RAISE(ABORT, 'frozen: measurement rows are never changed'); END;
--
CREATE TRIGGER noun_no_update BEFORE UPDATE ON noun BEGIN SELECT RAISE(ABORT, 'frozen: noun rows are never changed'); END;
--
CREATE TRIGGER noun_no_delete BEFORE DELETE ON noun BEGIN SELECT RAISE(ABORT, 'frozen: noun rows are never changed'); END;
--
CREATE TRIGGER closing_no_update BEFORE UPDATE ON closing BEGIN SELECT RAISE(ABORT, 'frozen: closing rows are never changed'); END;
--
CREATE TRIGGER closing_no_delete BEFORE DELETE ON closing BEGIN SELECT RAISE(ABORT, 'frozen: closing rows are never changed'); END;
--
CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal BEGIN SELECT RAISE(ABORT, 'frozen: seal rows are never changed'); END;
--
CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal BEGIN SELECT RAISE(ABORT, 'frozen: seal rows are never changed'); END;
--
CREATE TRIGGER leaf_no_update BEFORE UPDATE ON leaf BEGIN SELECT RAISE(ABORT, 'frozen: leaf rows are never changed'); END;
--
CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT, 'frozen: leaf rows are never changed'); END;
--
CREATE TRIGGER node_no_update BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'frozen: node rows are never changed'); END;
--
CREATE TRIGGER node_no_delete BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'frozen: node rows are never changed'); END;
--
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'frozen: checkpoint rows are never changed'); END;
--
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'frozen: checkpoint rows are never changed'); END;
--
CREATE TRIGGER account_no_replace BEFORE INSERT ON account WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id OR (lot, kind, party, site) = (NEW.lot, NEW.kind, NEW.party, NEW.site)) BEGIN SELECT RAISE(ABORT, 'duplicate: this account is there already'); END;
--
CREATE TRIGGER event_no_replace BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id OR key = NEW.key OR reverses = NEW.reverses) BEGIN SELECT RAISE(ABORT, 'duplicate: this event is there already'); END;
--
CREATE TRIGGER lot_no_replace BEFORE INSERT ON lot WHEN EXISTS (SELECT 1 FROM lot WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'duplicate: this lot is there already'); END;
--
CREATE TRIGGER closing_no_replace BEFORE INSERT ON closing WHEN EXISTS (SELECT 1 FROM closing WHERE period = NEW.period) BEGIN SELECT RAISE(ABORT, 'duplicate: this closing is there already'); END;
--
CREATE TRIGGER seal_no_replace BEFORE INSERT ON seal WHEN EXISTS (SELECT 1 FROM seal WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'duplicate: this seal is there already'); END;
--
CREATE TRIGGER leaf_no_replace BEFORE INSERT ON leaf WHEN EXISTS (SELECT 1 FROM leaf WHERE place = NEW.place OR event = NEW.event) BEGIN SELECT RAISE(ABORT, 'duplicate: this leaf is there already'); END;
--
CREATE TRIGGER posting_unsealed BEFORE INSERT ON posting WHEN EXISTS (SELECT 1 FROM seal WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further posting'); END;
--
CREATE TRIGGER lot_unsealed BEFORE INSERT ON lot WHEN EXISTS (SELECT 1 FROM seal WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further lot'); END;
--
CREATE TRIGGER measurement_unsealed BEFORE INSERT ON measurement WHEN EXISTS (SELECT 1 FROM seal WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further measurement'); END;
--
CREATE TRIGGER noun_unsealed BEFORE INSERT ON noun WHEN EXISTS (SELECT 1 FROM seal WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further noun'); END;
--
CREATE TRIGGER closing_unsealed BEFORE INSERT ON closing WHEN EXISTS (SELECT 1 FROM seal WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further closing'); END;
--
CREATE TRIGGER event_in_open_period BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM closing WHERE start_at <= NEW.occurred_at AND NEW.occurred_at < end_at) BEGIN SELECT RAISE(ABORT, 'closed: the event is dated into a closed period'); END;
--
CREATE TRIGGER account_opens AFTER INSERT ON account BEGIN INSERT INTO balance (account, bounded, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti") VALUES (NEW.id, NEW.kind = 'lot', 0, 0, 0, 0, 0, 0, 0); END;
--
CREATE TRIGGER posting_counts AFTER INSERT ON posting BEGIN UPDATE balance SET mass = mass + NEW.mass, "s_Ni" = "s_Ni" + NEW."s_Ni", "s_Cu" = "s_Cu" + NEW."s_Cu", "s_C" = "s_C" + NEW."s_C", "s_H2O" = "s_H2O" + NEW."s_H2O", "s_other" = "s_other" + NEW."s_other", "s_Ti" = "s_Ti" + NEW."s_Ti" WHERE account = NEW.account; END;
--
CREATE TRIGGER posting_adds_up BEFORE INSERT ON posting WHEN NEW.mass <> NEW."s_Ni" + NEW."s_Cu" + NEW."s_C" + NEW."s_H2O" + NEW."s_other" + NEW."s_Ti" BEGIN SELECT RAISE(ABORT, 'leg: substances do not add up to the mass'); END;
--
CREATE TRIGGER seal_balances BEFORE INSERT ON seal WHEN (SELECT sum(mass) <> 0 OR sum("s_Ni") <> 0 OR sum("s_Cu") <> 0 OR sum("s_C") <> 0 OR sum("s_H2O") <> 0 OR sum("s_other") <> 0 OR sum("s_Ti") <> 0 FROM posting WHERE event = NEW.event) BEGIN SELECT RAISE(ABORT, 'unbalanced: the event does not sum to zero'); END;
--
CREATE TRIGGER balance_floor_insert BEFORE INSERT ON balance WHEN NEW.bounded = 1 AND (NEW."s_Ni" < 0 OR NEW."s_Cu" < 0 OR NEW."s_C" < 0 OR NEW."s_H2O" < 0 OR NEW."s_other" < 0 OR NEW."s_Ti" < 0) BEGIN SELECT RAISE(ABORT, 'negative: a lot would go below zero'); END;
--
CREATE TRIGGER balance_floor_update BEFORE UPDATE ON balance WHEN NEW.bounded = 1 AND (NEW."s_Ni" < 0 OR NEW."s_Cu" < 0 OR NEW."s_C" < 0 OR NEW."s_H2O" < 0 OR NEW."s_other" < 0 OR NEW."s_Ti" < 0) BEGIN SELECT RAISE(ABORT, 'negative: a lot would go below zero'); END;
