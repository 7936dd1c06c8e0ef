-- A subscription of many at once: whom it watches; empty: the presentity alone.
ALTER TABLE watchers ADD COLUMN list TEXT NOT NULL DEFAULT '';
