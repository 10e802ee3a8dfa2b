-- v6 -> v7: Signed identities: which of a site's own users a visitor is

CREATE TABLE identity (
	site       TEXT   NOT NULL,
	-- The site's own id of the user.
	subject    TEXT   NOT NULL,
	visitor_id TEXT   NOT NULL UNIQUE REFERENCES visitor (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (site, subject)
);

-- Which visitor somebody was before signing in, and who it is since.
CREATE TABLE sign_in (
	before_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	after_id  TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	at        BIGINT NOT NULL,
	PRIMARY KEY (before_id, after_id)
);
CREATE INDEX sign_in_after ON sign_in (after_id);

-- When the session was signed out, and opens nothing any more; 0 while it holds.
ALTER TABLE session ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;

-- Who gave a variable its value.
ALTER TABLE variable ADD COLUMN set_by TEXT NOT NULL DEFAULT 'operator';
