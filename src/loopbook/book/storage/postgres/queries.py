"""Queries of the store on PostgreSQL that stand by themselves."""

from __future__ import annotations

NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
NAMES = "unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS t (kind, party, site, lot)"
LOAD = """
    SELECT 1 FROM load l JOIN unnest(%s::text[], %s::text[]) AS t (site, hazard)
    USING (site, hazard) ORDER BY site, hazard FOR NO KEY UPDATE OF l"""
REVERSED = """
    SELECT DISTINCT a.lot FROM event e JOIN posting p ON p.event = e.id
    JOIN account a ON a.id = p.account WHERE e.key = ANY (%s) AND a.kind = 'lot'"""
RULES = """
    SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND c.relnamespace = ?::regnamespace
    UNION SELECT conname FROM pg_constraint WHERE connamespace = ?::regnamespace"""
PLACE = """
    INSERT INTO leaf (place, event)
    SELECT (SELECT count(*) FROM leaf) + row_number() OVER (ORDER BY e.recorded_at, e.id) - 1, e.id
    FROM event e WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.event = e.id)
      AND (e.id > coalesce((SELECT max(event) FROM leaf), 0)
           OR e.recorded_at > coalesce((SELECT d.recorded_at FROM leaf k JOIN event d
                ON d.id = k.event ORDER BY k.place DESC LIMIT 1), 0) - %s)"""
