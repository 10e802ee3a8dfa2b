-- v19 -> v20: Which forms visitors filled in; ratings of closed dialogs, with a word

CREATE TABLE form (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- When it was asked: start, handoff, away.
	form       TEXT   NOT NULL,
	at         BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, form)
);

-- Of which closing it is, by when that was; 0 where a chain asked.
ALTER TABLE rating ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rating ADD COLUMN word TEXT NOT NULL DEFAULT '';
