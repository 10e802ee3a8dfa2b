-- v18 -> v19: Proactive messages: what became of them

-- Sums of a quarter of an hour, as in the table figure, of the message of that name. Whom
-- it was shown is not known: showing it connects nobody.
CREATE TABLE proactive_figure (
	site      TEXT   NOT NULL,
	quarter   BIGINT NOT NULL,
	name      TEXT   NOT NULL,
	opened    BIGINT NOT NULL DEFAULT 0,
	dismissed BIGINT NOT NULL DEFAULT 0,
	replied   BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (site, quarter, name)
);

-- Who has opened one and not written since.
CREATE TABLE proactive_open (
	visitor_id TEXT PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	name       TEXT NOT NULL
);
