-- v22 -> v23: When a browser last came back by its session, to the day: of too many the one goes that is used least

ALTER TABLE session ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
UPDATE session SET used_at = created_at;
