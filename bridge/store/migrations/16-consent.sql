-- v15 -> v16: What visitors agreed to before anything of them was kept

-- The words, once for each site, by the hex of their SHA-256.
CREATE TABLE consent_text (
	site TEXT NOT NULL,
	hash TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (site, hash)
);

CREATE TABLE consent (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	hash       TEXT   NOT NULL,
	at         BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, hash)
);
