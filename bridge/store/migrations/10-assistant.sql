-- v9 -> v10: Assistants: what they are to answer, what they were used for, and what of a dialog is past

CREATE TABLE assistant_request (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	id         TEXT   NOT NULL,
	assistant  TEXT   NOT NULL,
	-- When it was ordered.
	at         BIGINT NOT NULL,
	-- When somebody may take it up; while it is being answered, when that is given up.
	next_at    BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, id)
);
CREATE INDEX assistant_request_due ON assistant_request (next_at);

CREATE TABLE assistant_usage (
	site       TEXT   NOT NULL,
	assistant  TEXT   NOT NULL,
	-- A day of the site's own zone: "2026-11-26".
	day        TEXT   NOT NULL,
	-- site, visitor or address.
	scope      TEXT   NOT NULL,
	-- The visitor's id or the address's hash; empty for the site.
	subject    TEXT   NOT NULL,
	requests   BIGINT NOT NULL,
	prompt     BIGINT NOT NULL,
	completion BIGINT NOT NULL,
	-- The visitor of the scope visitor.
	visitor_id TEXT   REFERENCES visitor (id) ON DELETE CASCADE,
	PRIMARY KEY (site, assistant, day, scope, subject)
);
CREATE INDEX assistant_usage_visitor ON assistant_usage (visitor_id);
CREATE INDEX assistant_usage_day ON assistant_usage (day);

-- Up to which number of the journal the dialog was settled: operators had it, or it was closed.
ALTER TABLE dialog ADD COLUMN past_seq BIGINT NOT NULL DEFAULT 0;
